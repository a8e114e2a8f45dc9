// parse/content.cpp - what a file is by how it begins, in the words of file(1).
#include "parse/content.h"

#include "parse/json.h"
#include "parse/lines.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace limpet::parse {
namespace {

struct Magic {
    std::size_t at;
    std::string_view bytes;
    std::string_view description;
    std::string_view mime;  // without "application/" where that is what it is
};

using namespace std::string_view_literals;

constexpr Magic magics[]{
    {0, "\177ELF"sv, "ELF", "x-elf"},
    {0, "\x28\xB5\x2F\xFD"sv, "Zstandard compressed data (v0.8+)", "zstd"},
    {0, "\xFD\x37zXZ\0"sv, "XZ compressed data", "x-xz"},
    {0, "LZIP"sv, "lzip compressed data", "x-lzip"},
    {0, "\x04\x22\x4D\x18"sv, "LZ4 compressed data (v1.4+)", "x-lz4"},
    {0, "7z\xBC\xAF\x27\x1C"sv, "7-zip archive data", "x-7z-compressed"},
    {0, "PK\x05\x06"sv, "Zip archive data (empty)", "zip"},
    {257, "ustar\0"sv, "POSIX tar archive", "x-tar"},
    {257, "ustar  \0"sv, "POSIX tar archive (GNU)", "x-tar"},
    {0, "070701"sv, "ASCII cpio archive (SVR4 with no CRC)", "x-cpio"},
    {0, "070702"sv, "ASCII cpio archive (SVR4 with CRC)", "x-cpio"},
    {0, "\xED\xAB\xEE\xDB"sv, "RPM", "x-rpm"},
    {0, "\xFF\xD8\xFF"sv, "JPEG image data", "image/jpeg"},
    {0, "SQLite format 3\0"sv, "SQLite 3.x database", "vnd.sqlite3"},
    {0, "\x0A\x0D\x0D\x0A"sv, "pcapng capture file", "x-pcapng"},
    {0, "\xCA\xFE\xD0\x0D"sv, "JAR compressed with pack200", "x-java-pack200"},
    {0, "hsqs"sv, "Squashfs filesystem, little endian", "octet-stream"},
    {0, "sqsh"sv, "Squashfs filesystem, big endian", "octet-stream"},
    {0, "LUKS\xBA\xBE"sv, "LUKS encrypted file", "x-luks"},
    {0, "wOFF"sv, "Web Open Font Format", "font/woff"},
    {0, "wOF2"sv, "Web Open Font Format (Version 2)", "font/woff2"},
    {0, "\0\0\1\0"sv, "MS Windows icon resource", "image/vnd.microsoft.icon"},
    {0, "OggS"sv, "Ogg data", "ogg"},
    {0, "\x93NUMPY"sv, "NumPy data file", "octet-stream"},
    {0, "!<arch>\n"sv, "current ar archive", "x-archive"},
};

bool has(std::string_view head, std::size_t at, std::string_view bytes) {
    return head.size() >= at && head.substr(at).starts_with(bytes);
}

std::uint32_t number(std::string_view head, std::size_t at, std::size_t size, bool big) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size && at + size <= head.size(); ++i)
        value = value << 8 | static_cast<unsigned char>(head[big ? at + i : at + size - 1 - i]);
    return value;
}

std::string decimal(std::uint64_t value) { return std::to_string(value); }

Content binary(std::string description, std::string_view mime) {
    const bool full = mime.find('/') != mime.npos;
    return {std::move(description), (full ? "" : "application/") + std::string(mime), "binary"};
}

// Formats of which the beginning says more than their name.
std::optional<Content> detailed(std::string_view head) {
    const auto little = [&](std::size_t at, std::size_t size) {
        return number(head, at, size, false);
    };
    const auto big = [&](std::size_t at, std::size_t size) { return number(head, at, size, true); };
    if (has(head, 0, "\x1F\x8B"sv)) {
        std::string text = "gzip compressed data";
        if (head.size() > 16 && (head[3] & 8) != 0 && (head[3] & 4) == 0) {
            auto name = head.substr(10, 255);
            name = name.substr(0, name.find('\0'));
            if (std::ranges::all_of(name, [](char byte) { return byte >= 32 && byte < 127; }))
                text += ", was \"" + std::string(name) + "\"";
        }
        if (head.size() > 9 && head[9] == 3) text += ", from Unix";
        return binary(text, "gzip");
    }
    if (has(head, 0, "BZh"sv) && head.size() > 3 && head[3] >= '1' && head[3] <= '9')
        return binary(std::string("bzip2 compressed data, block size = ") + head[3] + "00k",
                      "x-bzip2");
    if (has(head, 0, "PK\x03\x04"sv) && head.size() > 5) {
        const auto version = little(4, 2);
        if (has(head, 30, "META-INF/"sv)) return binary("Java archive data (JAR)", "java-archive");
        return binary("Zip archive data, at least v" + decimal(version / 10) + "." +
                          decimal(version % 10) + " to extract",
                      "zip");
    }
    if (has(head, 0, "!<arch>\ndebian"sv))
        return binary("Debian binary package (format 2.0)", "vnd.debian.binary-package");
    if (has(head, 0, "\x89PNG\r\n\x1A\n"sv) && head.size() >= 29) {
        constexpr std::string_view kinds[]{"grayscale",  "", "RGB", "colormap",
                                           "gray+alpha", "", "RGBA"};
        const auto kind = static_cast<unsigned char>(head[25]);
        return binary("PNG image data, " + decimal(big(16, 4)) + " x " + decimal(big(20, 4)) +
                          ", " + decimal(big(24, 1)) + "-bit" +
                          (kind == 0 || kind > 6 || kinds[kind].empty() ? " " : "/color ") +
                          std::string(kind > 6 ? "" : kinds[kind]) +
                          (head[28] ? ", interlaced" : ", non-interlaced"),
                      "image/png");
    }
    if ((has(head, 0, "GIF87a"sv) || has(head, 0, "GIF89a"sv)) && head.size() >= 10)
        return binary("GIF image data, version " + std::string(head.substr(3, 3)) + ", " +
                          decimal(little(6, 2)) + " x " + decimal(little(8, 2)),
                      "image/gif");
    if (has(head, 0, "RIFF"sv) && has(head, 8, "WEBP"sv))
        return binary("RIFF (little-endian) data, Web/P image", "image/webp");
    if (has(head, 0, "%PDF-"sv)) {
        auto version = head.substr(5, 3);
        return binary("PDF document, version " + std::string(version), "pdf");
    }
    for (const bool most : {false, true}) {
        const auto magic = number(head, 0, 4, most);
        if (magic != 0xA1B2C3D4 && magic != 0xA1B23C4D) continue;
        return binary(std::string("pcap capture file, ") +
                          (magic == 0xA1B2C3D4 ? "microsecond" : "nanosecond") + " ts (" +
                          (most ? "big" : "little") + "-endian) - version " +
                          decimal(number(head, 4, 2, most)) + "." +
                          decimal(number(head, 6, 2, most)),
                      "vnd.tcpdump.pcap");
    }
    if (has(head, 0, "\xCA\xFE\xBA\xBE"sv) && big(6, 2) >= 43)
        return binary(
            "compiled Java class data, version " + decimal(big(6, 2)) + "." + decimal(big(4, 2)),
            "x-java-applet");
    if (has(head, 0, "\0asm"sv))
        return binary("WebAssembly (wasm) binary module version 0x" + decimal(little(4, 4)),
                      "wasm");
    if (has(head, 0x438, "\x53\xEF"sv)) {
        const auto incompatible = little(0x460, 4), compatible = little(0x45C, 4);
        return binary(std::string("Linux rev 1.0 ") +
                          (incompatible & 0x40 ? "ext4"
                           : compatible & 4    ? "ext3"
                                               : "ext2") +
                          " filesystem data",
                      "octet-stream");
    }
    if (has(head, 0x40, "\xCD\x5D\x34\x12"sv)) return binary("BTRFS Filesystem", "octet-stream");
    if (has(head, 0, "MZ"sv) && head.size() > 64)
        return binary(has(head, little(0x3C, 4), "PE\0\0"sv) ? "PE executable (Windows)"
                                                             : "MS-DOS executable",
                      "x-dosexec");
    return std::nullopt;
}

// Bytes of the sequence of UTF-8 at the front; 0 for none.
std::size_t sequence(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xC2 && first < 0xE0 ? 2
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xF0 && first < 0xF5 ? 4
                                                               : 0;
    for (std::size_t i = 1; i < length; ++i) {
        if (i == text.size()) return length;  // cut off by the end of the head
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
    }
    return length;
}

struct Text {
    std::string encoding, charset;
};

// Encoding of a text; nothing for what is none.
std::optional<Text> encoding(std::string_view head, bool whole) {
    if (has(head, 0, "\xFF\xFE"sv))
        return Text{"Unicode text, UTF-16, little-endian text", "utf-16le"};
    if (has(head, 0, "\xFE\xFF"sv))
        return Text{"Unicode text, UTF-16, big-endian text", "utf-16be"};
    bool ascii = true, utf8 = true, latin = true;
    for (auto rest = head; !rest.empty();) {
        const auto byte = static_cast<unsigned char>(rest[0]);
        // What no text has: most controls.
        if (byte == 127 || (byte < 32 && !(byte >= 7 && byte <= 13) && byte != 27))
            return std::nullopt;
        if (byte >= 0x80) ascii = false;
        if (byte >= 0x80 && byte < 0xA0 && byte != 0x85) latin = false;
        std::size_t length = utf8 ? sequence(rest) : 1;
        if (length > rest.size() && whole) length = 0;
        if (length == 0) utf8 = false;
        // Latin needs each byte seen: only what UTF-8 has passed over is missing then.
        for (std::size_t i = 1; i < length && i < rest.size(); ++i) {
            const auto next = static_cast<unsigned char>(rest[i]);
            if (next >= 0x80 && next < 0xA0 && next != 0x85) latin = false;
        }
        rest.remove_prefix(std::min(std::max<std::size_t>(length, 1), rest.size()));
    }
    if (ascii) return Text{"ASCII text", "us-ascii"};
    if (utf8) {
        const bool mark = head.starts_with("\xEF\xBB\xBF");
        return Text{mark ? "Unicode text, UTF-8 (with BOM) text" : "Unicode text, UTF-8 text",
                    "utf-8"};
    }
    if (latin) return Text{"ISO-8859 text", "iso-8859-1"};
    return Text{"Non-ISO extended-ASCII text", "unknown-8bit"};
}

std::string line_ends(std::string_view head) {
    std::size_t longest = 0, returns = 0, newlines = 0, both = 0;
    for (auto rest = head; !rest.empty();) {
        const auto end = std::min(rest.find_first_of("\r\n"), rest.size());
        longest = std::max(longest, end);
        rest.remove_prefix(end);
        if (rest.starts_with("\r\n")) {
            ++both;
            rest.remove_prefix(2);
        } else if (!rest.empty()) {
            ++(rest[0] == '\r' ? returns : newlines);
            rest.remove_prefix(1);
        }
    }
    std::string text;
    if (longest > 300) text += ", with very long lines (" + decimal(longest) + ")";
    if (returns + newlines + both == 0) {
        text += ", with no line terminators";
    } else if (returns + both > 0) {
        std::string kinds;
        if (both > 0) kinds = "CRLF";
        if (returns > 0) kinds += kinds.empty() ? "CR" : ", CR";
        if (newlines > 0) kinds += ", LF";
        text += ", with " + kinds + " line terminators";
    }
    if (head.find('\033') != head.npos) text += ", with escape sequences";
    if (head.find('\b') != head.npos) text += ", with overstriking";
    return text;
}

// The language of a script by its first line.
std::optional<Content> script(std::string_view head, const Text& text) {
    if (!head.starts_with("#!")) return std::nullopt;
    auto line = head.substr(2, head.find('\n') - 2).substr(0, 256);
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trimmed(line);
    auto words = line;
    auto program = take_word(words);
    auto name = program.substr(program.rfind('/') + 1);
    if (name == "env") {
        name = take_word(words);
        if (name == "-S") name = take_word(words);
    }
    struct Known {
        std::string_view name, description, mime;
    };
    constexpr Known known[]{
        {"sh", "POSIX shell script", "x-shellscript"},
        {"dash", "POSIX shell script", "x-shellscript"},
        {"bash", "Bourne-Again shell script", "x-shellscript"},
        {"ksh", "Korn shell script", "x-shellscript"},
        {"zsh", "Paul Falstad's zsh script", "x-shellscript"},
        {"python", "Python script", "x-script.python"},
        {"perl", "Perl script", "x-perl"},
        {"ruby", "Ruby script", "x-ruby"},
        {"node", "Node.js script", "javascript"},
        {"php", "PHP script", "x-php"},
        {"awk", "awk script", "x-awk"},
    };
    for (const auto& each : known) {
        // python3.11 is a python.
        if (!name.starts_with(each.name)) continue;
        if (name.find_first_not_of("0123456789.", each.name.size()) != name.npos) continue;
        return Content{
            std::string(each.description) + ", " + text.encoding + " executable" + line_ends(head),
            "text/" + std::string(each.mime), text.charset};
    }
    return Content{
        "a " + std::string(line) + " script, " + text.encoding + " executable" + line_ends(head),
        "text/plain", text.charset};
}

std::optional<Content> pem(std::string_view head) {
    constexpr std::string_view begin = "-----BEGIN ";
    if (!head.starts_with(begin)) return std::nullopt;
    auto label = head.substr(begin.size(), 64);
    const auto end = label.find("-----");
    if (end == label.npos) return std::nullopt;
    label = label.substr(0, end);
    const auto named = [](std::string text) {
        return Content{std::move(text), "text/plain", "us-ascii"};
    };
    if (label == "CERTIFICATE") return named("PEM certificate");
    if (label == "CERTIFICATE REQUEST") return named("PEM certificate request");
    if (label == "OPENSSH PRIVATE KEY") return named("OpenSSH private key");
    for (const char byte : label)
        if ((byte < 'A' || byte > 'Z') && byte != ' ') return std::nullopt;
    std::string text = "PEM ";
    // RSA PRIVATE KEY: the algorithm stays in capitals, as everywhere.
    for (auto words = label; !words.empty();) {
        const auto word = take_word(words);
        const bool plain = word == "PRIVATE" || word == "PUBLIC" || word == "KEY" ||
                           word == "PARAMETERS" || word == "ENCRYPTED";
        for (const char byte : word) text += plain ? static_cast<char>(byte + 32) : byte;
        text += ' ';
    }
    text.pop_back();
    return named(text);
}

std::optional<Content> marked_up(std::string_view head, const Text& text) {
    auto start = head;
    if (start.starts_with("\xEF\xBB\xBF")) start.remove_prefix(3);
    start.remove_prefix(std::min(start.find_first_not_of(" \t\r\n"), start.size()));
    if (start.starts_with("<?xml")) {
        const auto quote = start.substr(0, 64).find("version=");
        const auto version = quote == start.npos ? "1.0" : start.substr(quote + 9, 3);
        const bool svg = start.substr(0, 1024).find("<svg") != start.npos;
        return Content{
            svg ? "SVG Scalable Vector Graphics image, " + text.encoding + line_ends(head)
                : "XML " + std::string(version) + " document, " + text.encoding + line_ends(head),
            svg ? "image/svg+xml" : "text/xml", text.charset};
    }
    std::string lower;
    for (const char byte : start.substr(0, 64))
        lower += byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte;
    if (lower.starts_with("<!doctype html") || lower.starts_with("<html") ||
        lower.starts_with("<head"))
        return Content{"HTML document, " + text.encoding + line_ends(head), "text/html",
                       text.charset};
    return std::nullopt;
}

bool is_json(std::string_view head, bool whole) {
    const auto start = head.find_first_not_of(" \t\r\n");
    if (!whole || start == head.npos || (head[start] != '{' && head[start] != '[')) return false;
    return json(head).has_value();
}

}  // namespace

namespace {

Content recognised(std::string_view head, bool whole) {
    if (head.empty()) return {"empty", "inode/x-empty", "binary"};
    if (auto known = detailed(head)) return *known;
    for (const auto& magic : magics) {
        if (has(head, magic.at, magic.bytes))
            return binary(std::string(magic.description), magic.mime);
    }
    const auto text = encoding(head, whole);
    if (!text) return binary("data", "octet-stream");
    if (text->charset.starts_with("utf-16")) return {text->encoding, "text/plain", text->charset};
    if (auto known = script(head, *text)) return *known;
    if (auto known = pem(head)) return *known;
    if (auto known = marked_up(head, *text)) return *known;
    if (is_json(head, whole)) return {"JSON text data", "application/json", text->charset};
    return {text->encoding + line_ends(head), "text/plain", text->charset};
}

}  // namespace

Content content(std::string_view head, bool whole) {
    auto content = recognised(head, whole);
    // What is cited of the file stays on the line.
    for (char& byte : content.description) {
        if (static_cast<unsigned char>(byte) < 32 || byte == 127) byte = '?';
    }
    return content;
}

}  // namespace limpet::parse
