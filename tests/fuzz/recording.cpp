// recording.cpp - what is recorded, and a recording that somebody else made: text becomes JSON that
// parses, whatever the pieces; a file of any bytes is read or refused; and what of it is shown on a
// terminal has no string and no query in it, and does not depend on the pieces either.
#include "attach/cast_file.h"
#include "attach/screen_filter.h"
#include "limpet/cast.h"

#include <boost/json.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace limpet;

void encode(std::string_view bytes) {
    std::string json = "\"", pieces = "\"";
    cast::Text whole, split;
    whole.add(bytes, json);
    whole.finish(json);
    for (const char byte : bytes) split.add({&byte, 1}, pieces);
    split.finish(pieces);
    if (json != pieces) std::abort();
    boost::json::error_code error;
    boost::json::parse(json + '"', error);
    if (error) std::abort();
}

void show(std::string_view bytes) {
    attach::ScreenFilter whole, split;
    std::string out, pieces;
    whole.add(bytes, out);
    for (const char byte : bytes) split.add({&byte, 1}, pieces);
    if (out != pieces || out.size() > 4 * bytes.size() + 4) std::abort();
    for (std::size_t at = 0; (at = out.find('\x1b', at)) != std::string::npos; ++at) {
        const char next = at + 1 < out.size() ? out[at + 1] : 0;
        if (std::string_view("[(78DEM").find(next) == std::string_view::npos) std::abort();
        if (next != '[') continue;
        const auto end = out.find_first_not_of("0123456789;:? ", at + 2);
        if (end == std::string::npos) std::abort();
        if (std::string_view("cntixy").find(out[end]) != std::string_view::npos) std::abort();
    }
}

void read(std::string_view bytes) {
    const Fd file(::memfd_create("cast", MFD_CLOEXEC));
    if (::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
        return;
    ::lseek(file.get(), 0, SEEK_SET);
    auto cast = attach::CastFile::open("/proc/self/fd/" + std::to_string(file.get()));
    while (cast) {
        const auto event = cast->next();
        if (!event || !*event) break;
        if ((*event)->time < 0) std::abort();
        show((*event)->data);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 3) {
        case 0: encode(bytes); break;
        case 1: show(bytes); break;
        default: read(bytes); break;
    }
    return 0;
}
