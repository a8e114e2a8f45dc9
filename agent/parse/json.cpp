// parse/json.cpp - a JSON text as values, by recursive descent with a bound on depth and number.
#include "parse/json.h"

#include "parse/number.h"

namespace limpet::parse {
namespace {

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    Result<Json> document() {
        Json value = TRY(this->value(0));
        space();
        if (at_ != text_.size()) return wrong("more after the end of the value");
        return value;
    }

private:
    std::unexpected<Error> wrong(std::string_view reason) const {
        return refused("json", std::string(reason) + " at byte " + std::to_string(at_));
    }
    void space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' ||
                                      text_[at_] == '\t' || text_[at_] == '\r')) {
            ++at_;
        }
    }
    bool take(char expected) {
        if (at_ >= text_.size() || text_[at_] != expected) return false;
        ++at_;
        return true;
    }

    Result<Json> value(std::size_t depth) {
        if (depth > json_depth) return wrong("nested too deeply");
        if (++values_ > json_values) return wrong("too many values");
        space();
        if (at_ >= text_.size()) return wrong("it ends early");
        Json result;
        switch (text_[at_]) {
            case '{': return object(depth);
            case '[': return array(depth);
            case '"':
                result.kind = Json::Kind::string;
                result.text = TRY(string());
                return result;
            case 't':
            case 'f':
            case 'n': return word();
            default: return number();
        }
    }

    Result<Json> word() {
        const auto rest = text_.substr(at_);
        Json result;
        if (rest.starts_with("true") || rest.starts_with("false")) {
            result.kind = Json::Kind::boolean;
            result.truth = rest[0] == 't';
            at_ += result.truth ? 4 : 5;
            return result;
        }
        if (!rest.starts_with("null")) return wrong("an unknown word");
        at_ += 4;
        return result;
    }

    std::size_t digits() {
        const auto from = at_;
        while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
        return at_ - from;
    }

    Result<Json> number() {
        const auto from = at_;
        take('-');
        const bool leading_zero = at_ < text_.size() && text_[at_] == '0';
        const auto whole = digits();
        if (whole == 0 || (leading_zero && whole > 1)) return wrong("not a value");
        if (take('.') && digits() == 0) return wrong("a number without digits after its point");
        if (take('e') || take('E')) {
            if (!take('+')) take('-');
            if (digits() == 0) return wrong("a number without digits in its exponent");
        }
        Json result;
        result.kind = Json::Kind::number;
        result.text = text_.substr(from, at_ - from);
        return result;
    }

    Result<char32_t> four_digits() {
        const auto code = parse::number<std::uint16_t>(text_.substr(at_, 4), 16);
        if (text_.size() - at_ < 4 || !code) return wrong("\\u without four hexadecimal digits");
        at_ += 4;
        return *code;
    }

    static void append(std::string& out, char32_t point) {
        const auto tail = [&](int shift) {
            out += static_cast<char>(0x80 | ((point >> shift) & 0x3F));
        };
        if (point < 0x80) {
            out += static_cast<char>(point);
        } else if (point < 0x800) {
            out += static_cast<char>(0xC0 | (point >> 6));
            tail(0);
        } else if (point < 0x10000) {
            out += static_cast<char>(0xE0 | (point >> 12));
            tail(6);
            tail(0);
        } else {
            out += static_cast<char>(0xF0 | (point >> 18));
            tail(12);
            tail(6);
            tail(0);
        }
    }

    Result<> escape(std::string& out) {
        if (at_ >= text_.size()) return wrong("it ends early");
        constexpr std::string_view names = "\"\\/bfnrt";
        constexpr std::string_view bytes = "\"\\/\b\f\n\r\t";
        const char letter = text_[at_++];
        if (const auto which = names.find(letter); which != names.npos) {
            out += bytes[which];
            return {};
        }
        if (letter != 'u') return wrong("an unknown escape");
        char32_t point = TRY(four_digits());
        if (point >= 0xD800 && point < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
            const auto back = at_;
            at_ += 2;
            const char32_t low = TRY(four_digits());
            if (low >= 0xDC00 && low < 0xE000) {
                point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
            } else {
                at_ = back;
            }
        }
        if (point >= 0xDC80 && point <= 0xDCFF) {
            out += static_cast<char>(point & 0xFF);
        } else {
            append(out, point >= 0xD800 && point < 0xE000 ? char32_t{0xFFFD} : point);
        }
        return {};
    }

    Result<std::string> string() {
        ++at_;
        std::string out;
        for (;;) {
            if (at_ >= text_.size()) return wrong("a string without its end");
            const char byte = text_[at_++];
            if (byte == '"') return out;
            if (static_cast<unsigned char>(byte) < 0x20) return wrong("a control character");
            if (byte == '\\') {
                TRY(escape(out));
            } else {
                out += byte;
            }
        }
    }

    Result<Json> array(std::size_t depth) {
        Json result;
        result.kind = Json::Kind::array;
        ++at_;
        space();
        if (take(']')) return result;
        for (;;) {
            result.items.push_back(TRY(value(depth + 1)));
            space();
            if (take(']')) return result;
            if (!take(',')) return wrong("neither , nor ]");
        }
    }

    Result<Json> object(std::size_t depth) {
        Json result;
        result.kind = Json::Kind::object;
        ++at_;
        space();
        if (take('}')) return result;
        for (;;) {
            space();
            if (at_ >= text_.size() || text_[at_] != '"') return wrong("a member without a name");
            result.names.push_back(TRY(string()));
            space();
            if (!take(':')) return wrong("a member without :");
            result.items.push_back(TRY(value(depth + 1)));
            space();
            if (take('}')) return result;
            if (!take(',')) return wrong("neither , nor }");
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t values_ = 0;
};

}  // namespace

const Json& Json::operator[](std::string_view name) const {
    static const Json nothing;
    for (auto i = names.size(); i > 0; --i) {
        if (names[i - 1] == name) return items[i - 1];
    }
    return nothing;
}

std::string_view Json::string() const {
    return kind == Kind::string ? std::string_view(text) : std::string_view{};
}

std::optional<std::int64_t> Json::integer() const {
    return kind == Kind::number ? parse::number<std::int64_t>(text) : std::nullopt;
}

Result<Json> json(std::string_view text) { return Reader(text).document(); }

std::size_t JsonCutter::take(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char byte = text[at];
        if (quoted_) {
            if (escaped_) {
                escaped_ = false;
            } else if (byte == '\\') {
                escaped_ = true;
            } else if (byte == '"') {
                quoted_ = false;
                if (depth_ > 0) continue;
                state_ = State::done;
                return at + 1;
            }
            continue;
        }
        const bool blank = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
        const bool opens = byte == '{' || byte == '[';
        const bool closes = byte == '}' || byte == ']';
        if (state_ == State::word && (blank || opens || closes || byte == '"')) {
            state_ = State::done;
            return at;
        }
        if (byte == '"') {
            quoted_ = true;
        } else if (opens) {
            ++depth_;
        } else if (closes) {
            // One that closes nothing is a value of its own, which nobody can read.
            if (depth_ > 0) --depth_;
            if (depth_ > 0) continue;
            state_ = State::done;
            return at + 1;
        } else if (!blank && depth_ == 0) {
            state_ = State::word;
        }
    }
    return text.size();
}

}  // namespace limpet::parse
