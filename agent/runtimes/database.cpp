// runtimes/database.cpp - reading a database that its daemon may be writing to.
#include "runtimes/database.h"

#include <fcntl.h>
#include <unistd.h>

namespace limpet::runtimes {
namespace {

constexpr int tries = 8;  // while a busy daemon writes

}  // namespace

Result<> read_database(const Node& node, const std::string& path, const DatabaseReader& reader) {
    // Not read_state: the file is as large as it is, and only some of its pages are read.
    const Fd file = TRY(open_in(node, path, O_RDONLY | O_NONBLOCK));
    const auto read = [&file](std::uint64_t offset, std::size_t size) {
        std::string bytes(size, '\0');
        const auto got = ::pread(file.get(), bytes.data(), size, static_cast<off_t>(offset));
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
    };
    for (int attempt = 1;; ++attempt) {
        const auto bolt = parse::Bolt::open(read);
        if (!bolt) return refused("read", path + ": " + bolt.error().subject());
        const auto result = reader(*bolt);
        if (!bolt->changed()) {
            if (!result) return refused("read", path + ": " + result.error().subject());
            return {};
        }
        if (attempt == tries) return refused("read", path + " changes all the time");
    }
}

}  // namespace limpet::runtimes
