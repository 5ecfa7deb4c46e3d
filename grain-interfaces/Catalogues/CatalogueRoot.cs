namespace RecoveryVault.Catalogues;

/// <summary>The one node from which a whole catalogue is reached.</summary>
/// <param name="Level">The node's level, 0 when it holds the entries themselves, at most <see cref="CatalogueLimits.MaxLevel"/>.</param>
/// <param name="Node">The node.</param>
[GenerateSerializer, Immutable, Alias("rv.CatalogueRoot")]
public readonly record struct CatalogueRoot([property: Id(0)] int Level, [property: Id(1)] ChunkRef Node);
