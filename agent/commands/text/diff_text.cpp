// diff_text.cpp - lines of two files as numbers, equal ones alike.
#include "commands/text/diff_text.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace limpet::commands::diff {
namespace {

// Ten numbers a line are kept in all.
constexpr std::size_t lines_limit = std::size_t{16} << 20;

bool space(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
char lower(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte; }

// The line as the options let it count.
void significant(const Style& style, std::string_view line, std::string& text) {
    text.clear();
    if (style.strip_cr && line.ends_with("\r\n")) {
        text = line.substr(0, line.size() - 2);
        text += '\n';
        line = text;
    }
    const bool blanks =
        style.ignore_all_space || style.ignore_space_change || style.ignore_trailing_space;
    if (blanks) {
        while (!line.empty() && space(line.back())) line.remove_suffix(1);
    }
    std::string result;
    result.reserve(line.size());
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char byte = line[i];
        if (space(byte) && style.ignore_all_space) continue;
        if (space(byte) && style.ignore_space_change) {
            if (i > 0 && space(line[i - 1])) continue;
            result += ' ';
            continue;
        }
        result += style.ignore_case ? lower(byte) : byte;
    }
    text = std::move(result);
}

// Keyed, so that nobody can write a file whose lines all fall together.
class Hash {
public:
    Hash() {
        if (::getrandom(keys_.data(), sizeof keys_, GRND_NONBLOCK) < 0) keys_ = {1, 2};
        keys_[1] |= 1;
    }
    std::size_t operator()(std::string_view text) const {
        std::uint64_t state = keys_[0] ^ text.size();
        while (!text.empty()) {
            std::uint64_t word = 0;
            const auto size = std::min<std::size_t>(text.size(), 8);
            std::memcpy(&word, text.data(), size);
            state = mixed(state ^ word, keys_[1]);
            text.remove_prefix(size);
        }
        return mixed(state, 0x9E3779B97F4A7C15);
    }

private:
    static std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
        __extension__ using Wide = unsigned __int128;
        const Wide product = static_cast<Wide>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }
    std::array<std::uint64_t, 2> keys_{};
};

// Open addressing: numbers of lines in the order in which they first appear.
class Numbers {
public:
    Numbers(const Style& style, std::size_t lines) : style_(style) {
        std::size_t size = 16;
        while (size < lines * 2) size *= 2;
        slots_.resize(size);
    }
    std::uint32_t of(std::string_view line) {
        auto key = line;
        if (style_.ignores()) {
            significant(style_, line, text_);
            key = text_;
        }
        const auto hash = hash_(key);
        for (auto at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
            auto& slot = slots_[at];
            if (slot == 0) {
                known_.push_back({line, hash});
                slot = static_cast<std::uint32_t>(known_.size());
                return slot - 1;
            }
            const auto& known = known_[slot - 1];
            if (known.hash == hash && equal(known.line, key)) return slot - 1;
        }
    }

private:
    struct Known {
        std::string_view line;
        std::size_t hash;
    };
    bool equal(std::string_view known, std::string_view key) {
        if (!style_.ignores()) return known == key;
        significant(style_, known, other_);
        return other_ == key;
    }
    const Style& style_;
    Hash hash_;
    std::vector<std::uint32_t> slots_;
    std::vector<Known> known_;
    std::string text_, other_;
};

Result<> split(Text& text) {
    for (std::string_view rest = text.bytes; !rest.empty();) {
        if (text.lines.size() == lines_limit) {
            return refused("compare " + text.name, "more than 16777216 lines");
        }
        const auto end = rest.find('\n');
        const auto size = end == rest.npos ? rest.size() : end + 1;
        text.lines.push_back(rest.substr(0, size));
        rest.remove_prefix(size);
    }
    return {};
}

}  // namespace

Result<std::vector<Change>> compare_lines(const Style& style, Text& first, Text& second) {
    TRY(split(first));
    TRY(split(second));
    std::span<const std::string_view> one(first.lines), other(second.lines);
    // What is the same at both ends need not be searched, but for the lines that will be shown:
    // changes may slide along those.
    const bool shows = style.form == Form::context || style.form == Form::unified;
    const std::size_t shown = shows ? style.context : 0;
    auto before = static_cast<std::size_t>(std::ranges::mismatch(one, other).in1 - one.begin());
    before -= std::min(before, shown);
    one = one.subspan(before);
    other = other.subspan(before);
    std::size_t after = 0;
    const auto most = std::min(one.size(), other.size());
    while (after < most && one[one.size() - after - 1] == other[other.size() - after - 1]) ++after;
    after -= std::min(after, shown);
    one = one.first(one.size() - after);
    other = other.first(other.size() - after);
    Numbers numbers(style, one.size() + other.size());
    std::vector<std::uint32_t> one_numbers, other_numbers;
    one_numbers.reserve(one.size());
    other_numbers.reserve(other.size());
    for (const auto line : one) one_numbers.push_back(numbers.of(line));
    for (const auto line : other) other_numbers.push_back(numbers.of(line));
    auto script = edit_script(one_numbers, other_numbers, style.minimal);
    for (auto& change : script) {
        change.first += static_cast<std::uint32_t>(before);
        change.second += static_cast<std::uint32_t>(before);
    }
    return script;
}

bool blank(const Style& style, std::string_view line) {
    if (style.ignore_all_space || style.ignore_space_change || style.ignore_trailing_space) {
        return std::ranges::all_of(line, space);
    }
    return line.empty() || line == "\n" || (style.strip_cr && line == "\r\n");
}

}  // namespace limpet::commands::diff
