// commands/text/awk_record.h - a record of awk and its fields, split as far as somebody asks.
#pragma once

#include "commands/text/awk_value.h"
#include "parse/regex.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands::awk {

// What FS says.
struct Separator {
    enum class Kind : std::uint8_t { blanks, byte, regex, none };
    Kind kind = Kind::blanks;
    char byte = ' ';
    bool newline = false;  // separates too: RS is empty
    parse::Regex* regex = nullptr;
};

// The fields of a text, one after the other.
class Splitter {
public:
    Splitter() = default;
    Splitter(std::string_view text, const Separator& separator)
        : text_(text),
          separator_(separator),
          done_(text.empty() && separator.kind != Separator::Kind::blanks) {}
    bool next(std::string_view& field) {
        if (separator_.kind == Separator::Kind::blanks) return next_word(field);
        return next_part(field);
    }

private:
    bool next_word(std::string_view& field) {
        const char* at = text_.data() + at_;
        const char* const end = text_.data() + text_.size();
        while (at < end && (*at == ' ' || *at == '\t' || *at == '\n')) ++at;
        if (at == end) return false;
        const char* const begin = at;
        while (at < end && *at != ' ' && *at != '\t' && *at != '\n') ++at;
        field = {begin, static_cast<std::size_t>(at - begin)};
        at_ = static_cast<std::size_t>(at - text_.data());
        return true;
    }
    bool next_part(std::string_view& field);

    std::string_view text_;
    Separator separator_;
    std::size_t at_ = 0;
    bool done_ = true;
};

class Record {
public:
    static constexpr std::size_t field_limit = 10'000'000;

    Record() {
        // Never so short that they live within the object: views must outlast a swap.
        own_.reserve(256);
        spare_.reserve(256);
    }
    // `text` must stay until the next set() or keep().
    void set(std::string_view text, const Separator& separator);
    void set_copy(std::string_view text, const Separator& separator);
    // What set() was given is about to go.
    void keep();
    // Splits all: FS is about to change.
    void split();

    // $0. `ofs` and `convfmt`: for when a field was changed.
    std::string_view text(const std::string& ofs, const std::string& convfmt) {
        if (!whole_) join(ofs, convfmt);
        return text_;
    }
    [[nodiscard]] bool whole() const { return whole_; }
    std::size_t count();
    // From 1; empty beyond the last.
    std::string_view field(std::size_t index) {
        while (fields_.size() < index) {
            std::string_view part;
            if (complete_ || !splitter_.next(part)) {
                complete_ = true;
                return {};
            }
            fields_.push_back(part);
        }
        return fields_[index - 1];
    }
    // The value that was assigned to it; null when it is as it was read.
    Value* assigned(std::size_t index) {
        return index > 0 && index <= assigned_.size() &&
                       assigned_[index - 1].kind() != Value::Kind::unset
                   ? &assigned_[index - 1]
                   : nullptr;
    }
    // False when there would be too many.
    bool assign(std::size_t index, Value value);
    bool resize(std::size_t count);

private:
    void join(const std::string& ofs, const std::string& convfmt);
    void reset(const Separator& separator);

    std::string_view text_;
    std::string own_, spare_;
    Separator separator_;
    Splitter splitter_;
    std::vector<std::string_view> fields_;
    std::vector<Value> assigned_;
    bool complete_ = true;
    bool whole_ = true;
    bool borrowed_ = false;
};

}  // namespace limpet::commands::awk
