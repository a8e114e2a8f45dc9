// commands/options.h - the options of a command, as its file writes them and as the program holds
// them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::commands {

// One option, for the parser, the help and the completion alike.
struct Option {
    char letter = 0;        // 'l', or 0 for a long name only
    std::string_view name;  // "lines", or empty
    // "N"; empty when it takes none; "[WHEN]" when it may be left out: then only as --name=WHEN or
    // in the same word as the letter. The letter '#' stands for a number itself: head -5.
    std::string_view argument;
    std::string_view help;  // "show at most N lines"
};

// The option that every inspection command has.
inline constexpr Option json_option{'o', "output", "FORMAT", "table (default) or json"};

// Where POSIX gives -o another meaning (ls, uname): it has that unless "json" or "table" follows.
inline constexpr std::string_view format_or_nothing = "[json]";

// A table of them as the program holds it: in one text, each the letter's byte and its three words
// with a NUL after each, and a NUL as letter at the end. Views of the words alone would be 48 bytes
// an option, which start-up has to relocate. A letter that is missing is a space there.
class OptionTable {
public:
    class Iterator {
    public:
        using value_type = Option;
        using difference_type = std::ptrdiff_t;
        constexpr Iterator() = default;
        constexpr explicit Iterator(const char* at) : at_(at) {}
        [[nodiscard]] Option operator*() const;
        Iterator& operator++();
        Iterator operator++(int) {
            auto before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(Iterator it, std::default_sentinel_t) { return *it.at_ == 0; }
        friend bool operator==(Iterator, Iterator) = default;

    private:
        const char* at_ = "";
    };

    constexpr OptionTable() = default;
    constexpr explicit OptionTable(const char* text) : text_(text) {}
    [[nodiscard]] Iterator begin() const { return Iterator(text_); }
    [[nodiscard]] static std::default_sentinel_t end() { return {}; }
    [[nodiscard]] bool empty() const { return *text_ == 0; }

private:
    const char* text_ = "";
};

template <const auto& table, std::size_t from, std::size_t to>
struct Packing {
    static constexpr std::size_t size = [] {
        std::size_t bytes = 1;
        for (auto i = from; i < to; ++i)
            bytes += 4 + table[i].name.size() + table[i].argument.size() + table[i].help.size();
        return bytes;
    }();
    static constexpr std::array<char, size> text = [] {
        std::array<char, size> made{};
        auto at = made.begin();
        for (auto i = from; i < to; ++i) {
            *at++ = table[i].letter ? table[i].letter : ' ';
            for (const auto word : {table[i].name, table[i].argument, table[i].help})
                at = std::copy(word.begin(), word.end(), at) + 1;
        }
        return made;
    }();
};

// What a command's row takes of `constexpr Option table[]`, or of a part of it.
template <const auto& table, std::size_t from = 0, std::size_t to = std::size(table)>
inline constexpr OptionTable option_table{Packing<table, from, to>::text.data()};

// The options of one call, by letter or by long name.
class Options {
public:
    struct Given {
        Option option;
        std::string value;
    };
    [[nodiscard]] bool has(char letter) const { return find(letter) != nullptr; }
    [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
    // The last one's value.
    [[nodiscard]] std::optional<std::string_view> value(char letter) const;
    [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const;
    // All, in the order given, for options that add up or override one another.
    [[nodiscard]] const std::vector<Given>& all() const { return given_; }
    // How many operands stood before that one of all(): tar -C counts from where it stands.
    [[nodiscard]] std::size_t operands_before(std::size_t index) const { return before_[index]; }
    void add(const Option& option, std::string value, std::size_t operands = 0) {
        given_.push_back({option, std::move(value)});
        before_.push_back(operands);
    }

private:
    [[nodiscard]] const Given* find(char letter) const;
    [[nodiscard]] const Given* find(std::string_view name) const;
    std::vector<Given> given_;
    std::vector<std::size_t> before_;
};

}  // namespace limpet::commands
