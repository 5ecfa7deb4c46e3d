using RecoveryVault.Tests.Fuzzing;
using SharpFuzz;

// fuzz list | fuzz seeds DIR | fuzz afl TARGET | fuzz libfuzzer TARGET | fuzz replay TARGET FILE ...
switch (args)
{
    case ["list"]:
        foreach (var target in FuzzTargets.All)
            Console.WriteLine(target.Name);
        return 0;
    case ["seeds", var directory]:
        foreach (var target in FuzzTargets.All)
        {
            var folder = Directory.CreateDirectory(Path.Combine(directory, target.Name)).FullName;
            for (var i = 0; i < target.Seeds.Count; i++)
                File.WriteAllBytes(Path.Combine(folder, $"seed-{i}"), target.Seeds[i]);
        }
        return 0;
    case ["afl", var name]:
        var fuzzed = Find(name);
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            fuzzed.Run(input.ToArray());
        });
        return 0;
    case ["libfuzzer", var name]:
        var parsed = Find(name);
        Fuzzer.LibFuzzer.Run(input => parsed.Run(input.ToArray()));
        return 0;
    case ["replay", var name, .. var files]:
        foreach (var file in files)
            Console.WriteLine($"{file}: {(Find(name).Run(File.ReadAllBytes(file)) ? "read" : "refused")}");
        return 0;
    default:
        Console.Error.WriteLine("usage: fuzz list | seeds DIR | afl TARGET | libfuzzer TARGET | replay TARGET FILE ...");
        return 2;
}

static FuzzTarget Find(string name) =>
    FuzzTargets.All.SingleOrDefault(target => target.Name == name)
    ?? throw new ArgumentException($"There is no target '{name}': see 'fuzz list'.");
