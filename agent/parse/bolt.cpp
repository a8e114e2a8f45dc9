// parse/bolt.cpp - a bbolt database file, read only: how containerd keeps containers and snapshots.
#include "parse/bolt.h"

#include <algorithm>
#include <cstring>

namespace limpet::parse {
namespace {

constexpr std::uint32_t magic = 0xED0CDAED;
constexpr std::uint32_t version = 2;
constexpr std::size_t header_size = 16;   // id 8, flags 2, count 2, overflow 4
constexpr std::size_t element_size = 16;  // of both kinds of page
constexpr std::uint16_t branch_page = 1;
constexpr std::uint16_t leaf_page = 2;
constexpr std::uint32_t bucket_entry = 1;
constexpr int depth_limit = 32;  // a tree of pages of 4 KiB is far flatter
constexpr std::size_t page_limit = 4 * 1024 * 1024;
constexpr std::size_t bytes_limit = 64 * 1024 * 1024;

template <typename T>
T at(std::string_view bytes, std::size_t offset) {
    T value{};
    if (offset <= bytes.size() && bytes.size() - offset >= sizeof value) {
        std::memcpy(&value, bytes.data() + offset, sizeof value);
    }
    return value;
}

// FNV-1a of the meta page up to the checksum itself.
std::uint64_t checksum(std::string_view bytes) {
    std::uint64_t sum = 14695981039346656037U;
    for (const char byte : bytes) {
        sum = (sum ^ static_cast<unsigned char>(byte)) * 1099511628211U;
    }
    return sum;
}

std::unexpected<Error> damaged(std::string_view how) { return refused("bolt", how); }

}  // namespace

Result<Bolt> Bolt::open(Read read) {
    const auto meta = TRY(newest(read));
    return Bolt(std::move(read), meta);
}

Result<Bolt::Meta> Bolt::newest(const Read& read) {
    Meta best;
    std::uint32_t page_size = 0;
    // The second one begins a page after the first; when the first is damaged its size is a guess.
    for (const int which : {0, 1}) {
        const std::uint64_t offset = which == 0 ? 0 : page_size == 0 ? 4096 : page_size;
        const auto bytes = read(offset, header_size + 64);
        const auto meta = std::string_view(bytes).substr(std::min(header_size, bytes.size()));
        if (meta.size() < 64 || at<std::uint32_t>(meta, 0) != magic) continue;
        if (at<std::uint32_t>(meta, 4) != version) continue;
        if (at<std::uint64_t>(meta, 56) != checksum(meta.substr(0, 56))) continue;
        page_size = at<std::uint32_t>(meta, 8);
        const auto transaction = at<std::uint64_t>(meta, 48);
        if (best.page_size != 0 && transaction <= best.transaction) continue;
        best = {page_size, at<std::uint64_t>(meta, 16), transaction};
    }
    if (best.page_size < 512 || best.page_size > 1024 * 1024) {
        return damaged("no valid meta page: not a bolt database");
    }
    return best;
}

bool Bolt::changed() const {
    const auto now = newest(read_);
    return !now || now->transaction > meta_.transaction + 1;
}

Result<std::string> Bolt::page(std::uint64_t number, Walk& walk) const {
    if (number > (std::uint64_t{1} << 40)) return damaged("a page beyond every file");
    const auto offset = number * meta_.page_size;
    auto bytes = read_(offset, meta_.page_size);
    if (bytes.size() < header_size) return damaged("a page beyond the end of the file");
    // A page whose entries do not fit goes on in those that follow it.
    if (const auto more = at<std::uint32_t>(bytes, 12); more > 0) {
        const auto size = (std::uint64_t{more} + 1) * meta_.page_size;
        if (size > page_limit) return damaged("an entry of " + std::to_string(size) + " bytes");
        bytes = read_(offset, static_cast<std::size_t>(size));
    }
    walk.bytes += bytes.size();
    if (walk.bytes > bytes_limit) return damaged("a bucket without an end");
    return bytes;
}

Result<> Bolt::visit(std::string_view page, int depth, Walk& walk) const {
    if (depth > depth_limit) return damaged("its tree has no end");
    const auto flags = at<std::uint16_t>(page, 8);
    const std::size_t count = at<std::uint16_t>(page, 10);
    if (header_size + count * element_size > page.size()) return damaged("a page that ends early");
    for (std::size_t i = 0; i < count; ++i) {
        const auto element = page.substr(header_size + i * element_size);
        if (flags & branch_page) {
            const auto child = TRY(this->page(at<std::uint64_t>(element, 8), walk));
            TRY(visit(child, depth + 1, walk));
            continue;
        }
        if (!(flags & leaf_page)) return damaged("a page that is neither branch nor leaf");
        const std::size_t position = at<std::uint32_t>(element, 4);
        const std::size_t key = at<std::uint32_t>(element, 8);
        const std::size_t value = at<std::uint32_t>(element, 12);
        if (position > element.size() || key > element.size() - position ||
            value > element.size() - position - key) {
            return damaged("an entry beyond its page");
        }
        walk.bytes += key + value;
        if (walk.entries.size() >= entries_limit || walk.bytes > bytes_limit) {
            return damaged("too many entries");
        }
        walk.entries.push_back({std::string(element.substr(position, key)),
                                std::string(element.substr(position + key, value)),
                                (at<std::uint32_t>(element, 0) & bucket_entry) != 0});
    }
    return {};
}

Result<std::vector<Bolt::Entry>> Bolt::list(const std::vector<std::string>& path) const {
    std::string header(16, '\0');
    std::memcpy(header.data(), &meta_.root, sizeof meta_.root);
    for (std::size_t i = 0;; ++i) {
        if (header.size() < 16) return damaged("a bucket without its header");
        Walk walk;
        // A small bucket lies in its parent's entry, behind the header.
        const auto root = at<std::uint64_t>(header, 0);
        const auto first = root == 0 ? header.substr(16) : TRY(page(root, walk));
        TRY(visit(first, 0, walk));
        if (i == path.size()) return std::move(walk.entries);
        const auto next = std::ranges::find_if(
            walk.entries, [&](const Entry& entry) { return entry.bucket && entry.key == path[i]; });
        if (next == walk.entries.end()) return damaged("there is no bucket '" + path[i] + "'");
        header = next->value;
    }
}

}  // namespace limpet::parse
