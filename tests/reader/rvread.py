#!/usr/bin/env python3
"""Reads a RecoveryVault recovery point without RecoveryVault, from FORMAT.md alone.

  rvread.py list    --objects DIR --manifest FILE --keys FILE [--ring FILE]    one line for each entry, files with their SHA-256
  rvread.py restore --objects DIR --manifest FILE --keys FILE [--ring FILE] --out DIR
  rvread.py frames  --object FILE --keys FILE                                  one line for each frame of a sealed object

DIR holds the item's sealed objects as plain files under any names, or is the item's folder of a store on disk; packs are found by their headers, chunks by their
footers. The keys are JSON:
  {"deks": {"1": "<DEK of epoch 1, unwrapped, 64 hex digits>"}, "itemIdKey": {"1": "<the ring's, sealed under that DEK, 120 hex digits>"},
   "platformKeys": {"7": "<64 hex digits>"}}
itemIdKey not with --ring, which takes it from the item's ring and checks the DEKs; platformKeys only for suite 2. Needs Python 3.8, libcrypto.so.3 (OpenSSL) and
libzstd.so.1; restores content, modes, times, links, extended attributes; owners when run as root; not devices. Computes no XXH3 checksums: they would tell bit
rot from tampering, here both are a failed tag. Has no platform key, so it cannot check the ring's MAC: the DEKs that fit it vouch for it.
"""
import argparse, base64, ctypes, hashlib, hmac, json, os, struct, sys

LABEL = b"recoveryvault/1/"
TYPES = {1: "file", 2: "directory", 3: "symlink", 4: "fifo", 5: "socket", 6: "chardev", 7: "blockdev"}


class Damaged(Exception): pass

crypto, zstd = ctypes.CDLL("libcrypto.so.3"), ctypes.CDLL("libzstd.so.1")
crypto.EVP_CIPHER_CTX_new.restype = crypto.EVP_aes_256_gcm.restype = ctypes.c_void_p
zstd.ZSTD_decompress.restype = ctypes.c_size_t


def gcm_open(key, nonce, sealed, aad):
    """AES-256-GCM with a 16-byte tag at the end."""
    context, plain, length = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new()), ctypes.create_string_buffer(len(sealed)), ctypes.c_int()
    body, tag = sealed[:-16], sealed[-16:]
    try:
        good = crypto.EVP_DecryptInit_ex(context, ctypes.c_void_p(crypto.EVP_aes_256_gcm()), None, key, nonce)
        good &= crypto.EVP_DecryptUpdate(context, None, ctypes.byref(length), aad, len(aad))
        good &= crypto.EVP_DecryptUpdate(context, plain, ctypes.byref(length), body, len(body))
        good &= crypto.EVP_CIPHER_CTX_ctrl(context, 0x11, 16, tag)
        good &= crypto.EVP_DecryptFinal_ex(context, ctypes.byref(plain, len(body)), ctypes.byref(length))
    finally:
        crypto.EVP_CIPHER_CTX_free(context)
    if good != 1:
        raise Damaged("a frame does not authenticate: tampered with, damaged, or the wrong key")
    return plain.raw[:len(body)]


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def expand(key, info, length=32):
    block, output = b"", b""
    while len(output) < length:
        block = mac(key, block + info + bytes([len(output) // 32 + 1]))
        output += block
    return output[:length]


def derive(secret, salt, info, length=32):
    return expand(mac(salt, secret), info, length)


def read_blob(path, count=-1):
    """A blob's content; a file of a store on disk has 64 bytes of its own before it (section 10)."""
    with open(path, "rb") as file:
        if file.read(8) == b"RVBLOB1\n":
            file.seek(64)
        else:
            file.seek(0)
        return file.read(count)


class SealedObject:
    """Section 2 of FORMAT.md."""

    def __init__(self, path, keys):
        self.bytes = read_blob(path)
        self.header = self.bytes[:128]
        if self.header[:8] != b"RVSEALED" or struct.unpack_from("<H", self.header, 8)[0] != 1:
            raise Damaged(path + " is no sealed object of version 1")
        if self.bytes[-32:-24] != b"RVEND\0\0\1" or struct.unpack("<Q", self.bytes[-24:-16])[0] != len(self.bytes):
            raise Damaged(path + " is cut short or extended")
        self.suite, self.type, self.epoch = struct.unpack_from("<BBI", self.header, 10)
        if keys.suite not in (None, self.suite):
            raise Damaged("%s is sealed in suite %d, the ring says %d" % (path, self.suite, keys.suite))
        self.vault, self.item, self.id = self.header[16:32], self.header[32:48], self.header[48:80]
        context = self.header[10:16] + self.vault + self.item
        output = derive(keys.find("deks", self.epoch), self.id, LABEL + b"object" + context, 64)
        if not hmac.compare_digest(output[32:], self.header[80:112]):
            raise Damaged(path + " commits to another key")
        self.layers = [output[:32]]
        if self.suite == 2:
            platform_id = self.header[112:116]
            platform_key = keys.find("platformKeys", struct.unpack("<I", platform_id)[0])
            self.layers.insert(0, derive(platform_key, self.id, LABEL + b"infrastructure" + context + platform_id))
        self.read_footer()

    def open(self, ordinal, sealed, chunk_id, length, codec, final=0):
        payload = len(sealed) - 16 * len(self.layers)
        aad = self.header + struct.pack("<Q32sIIBBH", ordinal, chunk_id, length, payload, codec, final, 0)
        for key in self.layers:
            sealed = gcm_open(key, struct.pack("<IQ", 0, ordinal), sealed, aad)
        return sealed

    def read_footer(self):
        tail_length = 16 + 16 * len(self.layers)
        tail = self.open(2**64 - 2, self.bytes[-32 - tail_length:-32], bytes(32), 16, 0, final=1)
        offset, length = struct.unpack_from("<QI", tail)
        plain_length = length - 16 * len(self.layers)
        footer = self.open(2**64 - 1, self.bytes[offset:offset + length], bytes(32), plain_length, 0)
        count = struct.unpack_from("<I", footer)[0]
        self.frames = [(i,) + struct.unpack_from("<32sIIIB3x", footer, 4 + 48 * i) for i in range(count)]

    def plaintext(self, frame):
        ordinal, chunk_id, offset, sealed_length, length, codec = frame
        payload = self.open(ordinal, self.bytes[offset:offset + sealed_length], chunk_id, length, codec)
        if codec == 0:
            return payload
        plain = ctypes.create_string_buffer(length)
        if zstd.ZSTD_decompress(plain, ctypes.c_size_t(length), payload, ctypes.c_size_t(len(payload))) != length:
            raise Damaged("a payload does not decompress")
        return plain.raw


class Keys:
    """Sections 1 and 6 of FORMAT.md."""

    def __init__(self, path, ring=None):
        with open(path, encoding="utf-8") as file:
            self.json = json.load(file)
        self.suite = None
        if ring:
            self.read_ring(read_blob(ring))

    def read_ring(self, record):
        if record[:8] != b"RVRECORD" or struct.unpack_from("<HB", record, 8) != (1, 1):
            raise Damaged("the ring is no ring record of version 1")
        ring = json.loads(record[20:20 + struct.unpack_from("<I", record, 16)[0]])
        self.suite = ring.get("suite", 1)
        context = bytes.fromhex(ring["item"].replace("-", ""))
        for epoch in ring["epochs"]:
            number = epoch["dekEpoch"]
            commitment = expand(self.find("deks", number), LABEL + b"dek-commitment" + context + struct.pack("<I", number))
            if not hmac.compare_digest(commitment, base64.b64decode(epoch["commitment"])):
                raise Damaged("DEK %d is not the one the ring means" % number)
            self.json["itemIdKey"] = {str(number): base64.b64decode(epoch["sealedItemIdKey"]).hex()}

    def find(self, kind, number):
        if str(number) not in self.json.get(kind, {}):
            raise Damaged("number %d of %s is needed and not among the keys" % (number, kind))
        return bytes.fromhex(self.json[kind][str(number)])

    def item_keys(self, vault, item):
        epoch = int(next(iter(self.json["itemIdKey"])))
        info = LABEL + b"item-id-key" + vault + item + struct.pack("<I", epoch)
        sealed = self.find("itemIdKey", epoch)
        key = gcm_open(derive(self.find("deks", epoch), bytes(32), info), sealed[:12], sealed[12:], info)
        return expand(key, LABEL + b"chunk-id"), expand(key, LABEL + b"head")


class Node:
    """The encodings of section 3 of FORMAT.md."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def more(self):
        return self.at < len(self.data)

    def bytes(self, count):
        if count > len(self.data) - self.at:
            raise Damaged("a node ends too early")
        self.at += count
        return self.data[self.at - count:self.at]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.bytes(1)[0]
            value |= (byte & 0x7f) << shift
            if byte < 0x80:
                return value
            shift += 7

    def zigzag(self):
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def block(self):
        return self.bytes(self.varint())

    def ref(self):
        head = self.varint()
        return (None if head & 1 else self.bytes(32)), head >> 1

    def content(self):
        depth, _, count = self.bytes(1)[0], self.varint(), self.varint()
        return depth, [self.ref() for _ in range(count)]


ATTRIBUTES = {1: ("size", Node.varint), 2: ("content", Node.content), 4: ("target", lambda value: value.data), 8: ("linked", lambda value: True),
              3: ("extents", lambda value: [(value.varint(), value.varint()) for _ in range(value.varint())]),
              7: ("identity", lambda value: (value.varint(), value.varint(), value.varint())), 9: ("error", Node.varint)}


class RecoveryPoint:
    def __init__(self, arguments):
        keys = Keys(arguments.keys, arguments.ring)
        manifest = SealedObject(arguments.manifest, keys)
        self.json = b"".join(manifest.plaintext(frame) for frame in manifest.frames)
        self.manifest = json.loads(self.json)
        self.chunk_id_key, head_key = keys.item_keys(manifest.vault, manifest.item)
        self.head_hash = mac(head_key, self.json).hex()
        self.packs, self.places, self.keys = {}, {}, keys
        for folder, _, names in os.walk(arguments.objects):
            for name in names:
                self.index(os.path.join(folder, name), manifest)

    def index(self, path, manifest):
        header = read_blob(path, 128)
        if len(header) == 128 and header[:8] == b"RVSEALED" and header[11] == 1 and header[16:48] == manifest.vault + manifest.item:
            for frame in SealedObject(path, self.keys).frames:
                self.places[frame[1]] = path, frame

    def chunk(self, ref):
        digest, length = ref
        if digest is None:
            return bytes(length)
        path, frame = self.places.get(mac(self.chunk_id_key, digest)) or (None, None)
        if path is None:
            raise Damaged("chunk %s is in no pack" % digest.hex())
        if path not in self.packs:
            if len(self.packs) >= 4:
                self.packs.pop(next(iter(self.packs)))
            self.packs[path] = SealedObject(path, self.keys)
        plain = self.packs[path].plaintext(frame)
        if len(plain) != length or hashlib.sha256(plain).digest() != digest:
            raise Damaged("a chunk is not the one it is named after")
        return plain

    def entries(self, ref=None, level=None):
        if ref is None:
            root = self.manifest["catalogue"]
            ref, level = (bytes.fromhex(root["digest"]), root["length"]), root["level"]
        node = Node(self.chunk(ref))
        if node.bytes(1)[0] != level:
            raise Damaged("a node is of another level")
        path = b""
        while node.more():
            if level:
                node.block()
                yield from self.entries(node.ref(), level - 1)
            else:
                shared = node.varint()
                path = path[:shared] + node.block()
                yield self.entry(path, node)

    def entry(self, path, node):
        if path and any(name in (b"", b".", b"..") for name in path.split(b"/")):
            raise Damaged("a path leads elsewhere")
        entry = {"path": path, "type": node.bytes(1)[0], "mode": node.varint(), "uid": node.varint(), "gid": node.varint(), "size": 0, "content": (0, []),
                 "mtime": node.zigzag() * 10**9 + node.varint(), "extents": None, "target": b"", "identity": None, "linked": False, "error": 0, "xattrs": []}
        while True:
            tag = node.varint()
            if tag == 0:
                return entry
            value = Node(node.block())
            if tag == 6:
                entry["xattrs"].append((value.block(), value.data[value.at:]))
            elif tag in ATTRIBUTES:
                name, read = ATTRIBUTES[tag]
                entry[name] = read(value)
            elif 10 < tag < 128:
                raise Damaged("an attribute of a newer format")

    def refs(self, depth, refs):
        for ref in refs:
            if depth == 0:
                yield ref
                continue
            node = Node(self.chunk(ref))
            if node.bytes(1)[0] != 0x40 | depth - 1:
                raise Damaged("a list node is of another depth")
            inner = []
            while node.more():
                inner.append(node.ref())
            yield from self.refs(depth - 1, inner)

    def pieces(self, entry):
        """The file's content as (offset, bytes), holes left out."""
        extents = iter(entry["extents"] if entry["extents"] is not None else [(0, entry["size"])])
        end, rest = 0, 0
        for ref in self.refs(*entry["content"]):
            data = self.chunk(ref)
            while data:
                if rest == 0:
                    gap, rest = next(extents)
                    end += gap
                piece, data = data[:rest], data[rest:]
                yield end, piece
                end, rest = end + len(piece), rest - len(piece)

    def digest(self, entry):
        digest, at = hashlib.sha256(), 0
        for offset, piece in self.pieces(entry):
            digest.update(bytes(offset - at) + piece)
            at = offset + len(piece)
        digest.update(bytes(entry["size"] - at))
        return digest.hexdigest()


def list_entries(point):
    for entry in point.entries():
        what = point.digest(entry) if entry["type"] == 1 and not entry["error"] else "-"
        path = "".join(chr(byte) if 0x20 < byte < 0x7f and byte != 0x5c else "\\x%02x" % byte for byte in entry["path"])
        print("%s %04o %d %s %s" % (TYPES[entry["type"]], entry["mode"], entry["size"], what, path or "."))


def restore(point, out):
    out, links, directories = os.fsencode(out), {}, []
    for entry in point.entries():
        target, kind = os.path.join(out, entry["path"]) if entry["path"] else out, entry["type"]
        if kind == 2:
            os.makedirs(target, exist_ok=True)
            directories.append((target, entry))
            continue
        if kind == 1 and entry["linked"] and entry["identity"] in links:
            os.link(links[entry["identity"]], target)
            continue
        if kind == 1 and not entry["error"]:
            with open(target, "xb") as file:
                for offset, piece in point.pieces(entry):
                    file.seek(offset)
                    file.write(piece)
                file.truncate(entry["size"])
            links[entry["identity"]] = target
        elif kind == 3:
            os.symlink(entry["target"], target)
        elif kind == 4:
            os.mkfifo(target)
        else:
            print("not restored: %r (%s)" % (entry["path"], TYPES[kind]), file=sys.stderr)
            continue
        attributes(target, entry)
    for target, entry in reversed(directories):
        attributes(target, entry)


def attributes(target, entry):
    if os.geteuid() == 0:
        os.chown(target, entry["uid"], entry["gid"], follow_symlinks=False)
    for name, value in entry["xattrs"]:
        try:
            os.setxattr(target, name, value, follow_symlinks=False)
        except OSError as error:
            print("not restored: %r of %r (%s)" % (name, entry["path"], error.strerror), file=sys.stderr)
    if entry["type"] != 3:
        os.chmod(target, entry["mode"])
    os.utime(target, ns=(entry["mtime"], entry["mtime"]), follow_symlinks=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["list", "restore", "frames"])
    for name in ["objects", "manifest", "keys", "ring", "out", "object"]:
        parser.add_argument("--" + name)
    arguments = parser.parse_args()
    try:
        if arguments.command == "frames":
            sealed = SealedObject(arguments.object, Keys(arguments.keys))
            for frame in sealed.frames:
                print("%d %s %s" % (frame[0], frame[1].hex(), sealed.plaintext(frame).hex()))
            return
        point = RecoveryPoint(arguments)
        print("%s, number %d, head hash %s" % (point.manifest["recoveryPoint"], point.manifest["seq"], point.head_hash), file=sys.stderr)
        if arguments.command == "list":
            list_entries(point)
        else:
            restore(point, arguments.out)
    except Damaged as error:
        sys.exit("rvread: %s" % error)


if __name__ == "__main__":
    main()
