using System.Text;

namespace RecoveryVault;

/// <summary>
/// How much of a page is taken when entries are of very different length: a page that is full ends early, and with whichever entry filled
/// it stays below <see cref="MessageLimits.MaxBytes"/>.
/// </summary>
internal struct PageRoom
{
    private const int Room = 64 << 10;

    private int _taken;

    public readonly bool IsFull => _taken >= Room;

    public void Take(params IEnumerable<string?> texts)
    {
        foreach (var text in texts)
            _taken += text is null ? 0 : Encoding.UTF8.GetByteCount(text);
    }
}
