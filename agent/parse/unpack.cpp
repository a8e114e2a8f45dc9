// parse/unpack.cpp - gzip and zstd.
#include "parse/unpack.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>

namespace limpet::parse {
namespace {

constexpr std::string_view gzip_magic = "\x1f\x8b";
// Bytes by which a member is known.
std::size_t magic_size(Packing packing) { return packing == Packing::gzip ? 2 : 4; }

std::uint32_t little(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

bool is_zstd(std::uint32_t magic) {
    return magic == ZSTD_MAGICNUMBER ||
           (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

// The formats of zstd before 0.8 (2016), one for each version.
bool is_old_zstd(std::uint32_t magic) {
    return (magic >= 0xFD2FB522 && magic <= 0xFD2FB527) || magic == 0x1EB52FFD;
}

bool starts(Packing packing, std::string_view magic) {
    return packing == Packing::gzip ? magic == gzip_magic : is_zstd(little(magic));
}

constexpr std::size_t longest_name = 4096;
constexpr std::size_t longest_header = 18;  // of a frame of zstd, RFC 8878

}  // namespace

// What zlib and libzstd keep pointers to; so it does not move with the Unpacker.
struct Unpacker::Coder {
    z_stream stream{};
    gz_header header{};
    std::array<char, longest_name> name{};
    ZSTD_DCtx* context = nullptr;
    bool inflating = false;
    ~Coder() {
        if (inflating) inflateEnd(&stream);
        ZSTD_freeDCtx(context);
    }
};

Packing packing(std::string_view beginning) {
    using enum Packing;
    if (beginning.starts_with(gzip_magic)) return gzip;
    if (beginning.size() >= 4) {
        const auto magic = little(beginning);
        if (is_zstd(magic) || is_old_zstd(magic)) return zstd;
    }
    if (beginning.starts_with("BZh")) return bzip2;
    if (beginning.starts_with(std::string_view("\xfd"
                                               "7zXZ\0",
                                               6)))
        return xz;
    if (beginning.starts_with(std::string_view("\x5d\0\0", 3))) return lzma;
    if (beginning.starts_with("\x1f\x9d")) return compress;
    return none;
}

std::string_view packing_name(Packing packing) {
    constexpr std::string_view names[]{"none", "gzip", "zstd", "bzip2", "xz", "lzma", "compress"};
    return names[static_cast<std::size_t>(packing)];
}

Unpacker::Unpacker(Packing packing) : coder_(new Coder), packing_(packing) {}
Unpacker::Unpacker(Unpacker&&) noexcept = default;
Unpacker& Unpacker::operator=(Unpacker&&) noexcept = default;
Unpacker::~Unpacker() = default;

std::string Unpacker::name() const {
    const auto& name = coder_->name;
    return name.data();  // zlib is told of one byte less than there is, so a zero stands at the end
}

std::uint32_t Unpacker::modified() const { return static_cast<std::uint32_t>(coder_->header.time); }

// Makes the decoder ready and hands it the magic number.
Result<> Unpacker::start_member() {
    auto& stream = coder_->stream;
    if (packing_ == Packing::zstd) {
        if (is_old_zstd(little(magic_))) {
            return refused("zstd", "the format of a zstd before 0.8 is not supported");
        }
        if (!coder_->context) coder_->context = ZSTD_createDCtx();
        if (!coder_->context) return refused("zstd", "out of memory");
        ZSTD_inBuffer input{magic_.data(), magic_.size(), 0};
        char none = 0;
        ZSTD_outBuffer output{&none, 0, 0};
        ZSTD_DCtx_reset(coder_->context, ZSTD_reset_session_only);
        header_left_ = longest_header - magic_.size();
        ZSTD_decompressStream(coder_->context, &output, &input);
        return {};
    }
    // 16: gzip's header and trailer, the CRC checked.
    const int ready = coder_->inflating ? inflateReset(&stream) : inflateInit2(&stream, 15 + 16);
    if (ready != Z_OK) return refused("gzip", "out of memory");
    coder_->inflating = true;
    if (members_ == 1) {
        coder_->header.name = reinterpret_cast<Bytef*>(coder_->name.data());
        coder_->header.name_max = longest_name - 1;
        inflateGetHeader(&stream, &coder_->header);
    }
    TRY(inflate(magic_, {}));
    return {};
}

// Between two members: collects the magic number of the next, or passes over what is none.
Result<Unpacker::Step> Unpacker::begin(std::string_view in) {
    if (garbage_) return Step{.used = in.size()};
    std::size_t used = 0;
    if (packing_ == Packing::gzip && members_ > 0 && magic_.empty()) {
        // Tapes and block devices pad with zero bytes.
        used = std::min(in.find_first_not_of('\0'), in.size());
        zeros_ = zeros_ || used > 0;
        if (used == in.size()) return Step{.used = used};
    }
    const auto wanted = magic_size(packing_) - magic_.size();
    const auto got = in.substr(used, wanted);
    magic_ += got;
    used += got.size();
    if (magic_.size() < magic_size(packing_)) return Step{.used = used};
    const bool known =
        starts(packing_, magic_) || (packing_ == Packing::zstd && is_old_zstd(little(magic_)));
    if (!known || zeros_) {
        if (members_ == 0) {
            return refused(packing_name(packing_),
                           "not in " + std::string(packing_name(packing_)) + " format");
        }
        garbage_ = true;
        magic_.clear();
        return Step{.used = in.size()};
    }
    ++members_;
    TRY(start_member());
    magic_.clear();
    inside_ = true;
    return Step{.used = used};
}

Result<Unpacker::Step> Unpacker::inflate(std::string_view in, std::span<char> out) {
    auto& stream = coder_->stream;
    // zlib's type wants to write where it only reads.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(in.size(), 1U << 30));
    Bytef none = 0;
    stream.next_out = out.empty() ? &none : reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), 1U << 30));
    const auto offered = stream.avail_in, room = stream.avail_out;
    const int result = ::inflate(&stream, Z_NO_FLUSH);
    const Step step{offered - stream.avail_in, room - stream.avail_out};
    if (result == Z_STREAM_END) {
        inside_ = false;
        check_ = static_cast<std::uint32_t>(stream.adler);
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
        const std::string_view reason = stream.msg ? stream.msg : "out of memory";
        pending_ = refused("gzip", "invalid compressed data: " + std::string(reason)).error();
        broken_ = true;
    }
    return step;
}

Result<Unpacker::Step> Unpacker::decompress(std::string_view in, std::span<char> out) {
    // With its header's end and more at hand libzstd looks for a whole frame in what it is given,
    // as if that began the frame; its magic number has been given before.
    const bool in_header = header_left_ > 0 && !in.empty();
    if (in_header) --header_left_;
    ZSTD_inBuffer input{in.data(), in_header ? 1 : in.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const auto result = ZSTD_decompressStream(coder_->context, &output, &input);
    if (ZSTD_isError(result)) {
        // libzstd names this reason too technically, and it is the one that is no damage.
        const std::string_view reason = ZSTD_getErrorName(result);
        const bool window = reason == "Frame requires too much memory for decoding";
        pending_ = refused("zstd", window ? std::string("it needs a window of more than 128 MiB")
                                          : "invalid compressed data: " + std::string(reason))
                       .error();
        broken_ = true;
    } else if (result == 0) {
        inside_ = false;
    }
    return Step{input.pos, output.pos};
}

Result<Unpacker::Step> Unpacker::step(std::string_view in, std::span<char> out) {
    if (broken_) return std::unexpected(pending_);
    if (!inside_) {
        if (in.empty()) return Step{};
        return begin(in);
    }
    const auto step = TRY(packing_ == Packing::gzip ? inflate(in, out) : decompress(in, out));
    if (broken_ && step.made == 0) return std::unexpected(pending_);
    return step;
}

Result<> Unpacker::finish() const {
    if (broken_) return std::unexpected(pending_);
    const bool cut = inside_ || members_ == 0 || (packing_ == Packing::zstd && !magic_.empty());
    if (cut) return refused(packing_name(packing_), "unexpected end of file");
    return {};
}

struct GzipPacker::Coder {
    z_stream stream{};
    gz_header header{};
    std::string name;
};

GzipPacker::GzipPacker(int level, const std::string& name, std::uint32_t modified)
    : coder_(new Coder) {
    auto& coder = *coder_;
    // The constants are deflateInit2's defaults; 16 asks for gzip's header. It fails for want of
    // memory alone, 256 KiB, which malloc of this system does not refuse.
    deflateInit2(&coder.stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    coder.name = name;
    coder.header.os = 3;  // Unix
    coder.header.time = modified;
    if (!name.empty()) coder.header.name = reinterpret_cast<Bytef*>(coder.name.data());
    deflateSetHeader(&coder.stream, &coder.header);
}

GzipPacker::~GzipPacker() { deflateEnd(&coder_->stream); }

Unpacker::Step GzipPacker::step(std::string_view in, std::span<char> out, bool last) {
    auto& stream = coder_->stream;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(in.size(), 1U << 30));
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), 1U << 30));
    const auto offered = stream.avail_in, room = stream.avail_out;
    done_ = ::deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_END;
    return {offered - stream.avail_in, room - stream.avail_out};
}

}  // namespace limpet::parse
