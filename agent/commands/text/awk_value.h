// commands/text/awk_value.h - what a variable of awk holds: nothing, a number, a text, or a text
// of the input that is a number when it looks like one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace limpet::commands::awk {

class Array;

// What all values of the program hold together, and whether that is too much. Here, and not with
// the interpreter, because a value that goes must give back what it held.
struct Memory {
    std::size_t limit = std::size_t{1024} * 1024 * 1024;
    std::size_t held = 0;
    bool exhausted = false;
    // One text: what is built elsewhere, without a Value, keeps to that as well.
    bool fits(std::size_t bytes) {
        if (bytes > limit / 2) exhausted = true;
        return !exhausted;
    }
    // False, and remembered, when there is no room.
    bool reserve(std::size_t bytes) {
        if (bytes > limit - held) exhausted = true;
        if (exhausted) return false;
        held += bytes;
        return true;
    }
};
inline constinit Memory memory;

// A counted text; its bytes follow it.
struct Shared {
    std::uint32_t references;
    std::uint32_t size;
    std::size_t capacity;
    char* bytes() { return reinterpret_cast<char*>(this + 1); }
    [[nodiscard]] std::string_view view() const {
        return {reinterpret_cast<const char*>(this + 1), size};
    }
};
Shared* new_shared(std::size_t size, std::size_t capacity);
void free_shared(Shared* shared);

struct Scan {
    double number = 0;
    bool all = false;  // nothing but blanks is beside it
};
// The number at the front of a text, 0 when there is none.
Scan scan_number(std::string_view text);

class Value {
public:
    enum class Kind : std::uint8_t {
        unset,
        number,
        text,
        input,    // a text that may look like a number: nobody has looked
        numeric,  // one that does: both
        array,    // a parameter that is one; not owned
    };

    Value() = default;
    Value(double number) : number_(number), kind_(Kind::number) {}  // NOLINT: meant to be implicit
    explicit Value(std::string_view text, Kind kind = Kind::text);
    explicit Value(Array* array) : array_(array), kind_(Kind::array) {}
    Value(Shared* adopted, Kind kind) : text_(adopted), kind_(kind) {}
    Value(const Value& other) : text_(other.text_), number_(other.number_), kind_(other.kind_) {
        if (has_text()) ++text_->references;
    }
    Value(Value&& other) noexcept
        : text_(other.text_),
          number_(other.number_),
          kind_(std::exchange(other.kind_, Kind::unset)) {}
    Value& operator=(const Value& other) { return *this = Value(other); }
    Value& operator=(Value&& other) noexcept {
        if (this == &other) return *this;
        drop();
        text_ = other.text_;
        number_ = other.number_;
        kind_ = std::exchange(other.kind_, Kind::unset);
        return *this;
    }
    Value& operator=(double number) {
        drop();
        number_ = number;
        kind_ = Kind::number;
        return *this;
    }
    ~Value() { drop(); }

    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] bool has_text() const {
        return kind_ == Kind::text || kind_ == Kind::input || kind_ == Kind::numeric;
    }
    // Of has_text().
    [[nodiscard]] std::string_view view() const { return text_->view(); }
    [[nodiscard]] Array* array() const { return array_; }
    // Decides what an input is.
    void look();
    [[nodiscard]] double number();
    [[nodiscard]] bool truth();
    // Makes it longer, in place when nobody else has this text.
    void append(std::string_view more);

private:
    void drop() {
        if (has_text() && --text_->references == 0) free_shared(text_);
    }
    union {
        Shared* text_ = nullptr;
        Array* array_;
    };
    double number_ = 0;
    Kind kind_ = Kind::unset;
};

// A number as text: whole ones as such, others by `format` (CONVFMT or OFMT).
std::string_view number_text(double number, const std::string& format, char (&digits)[32],
                             std::string& longer);

// Characters of a text; a byte that is no UTF-8 is one.
std::size_t character_count(std::string_view text);
// The byte where a character begins, counted from 0; the size beyond the last.
std::size_t character_place(std::string_view text, std::size_t character);
bool is_ascii(std::string_view text);

}  // namespace limpet::commands::awk
