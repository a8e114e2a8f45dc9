// parse/sed.cpp - scripts of sed.
#include "parse/sed.h"

#include "parse/number.h"
#include "parse/sed_text.h"

#include <algorithm>
#include <map>

namespace limpet::parse::sed {
namespace {

constexpr std::size_t commands_limit = 100'000;
constexpr std::size_t depth_limit = 1000;

class Parser {
public:
    Parser(std::string_view text, bool extended) : text_(text), extended_(extended) {}

    Result<Script> script() {
        if (text_.starts_with("#n\n") || text_ == "#n") script_.quiet = true;
        for (;;) {
            skip(" \t\n;");
            if (at_end()) break;
            if (script_.commands.size() == commands_limit) return wrong("too many commands");
            TRY(command());
        }
        if (!open_.empty()) return wrong("a } is missing");
        for (auto& command : script_.commands) {
            if (command.name != 'b' && command.name != 't' && command.name != 'T') continue;
            if (command.text.empty()) {
                command.target = script_.commands.size();
                continue;
            }
            const auto label = labels_.find(command.text);
            if (label == labels_.end()) return wrong("there is no label '" + command.text + "'");
            command.target = label->second;
        }
        return std::move(script_);
    }

private:
    [[nodiscard]] std::unexpected<Error> wrong(std::string_view why) const {
        return refused("script", "command " + std::to_string(script_.commands.size() + 1) + ": " +
                                     std::string(why));
    }
    [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
    [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
    void skip(std::string_view bytes) {
        while (!at_end() && bytes.contains(text_[at_])) ++at_;
    }
    bool take(char byte) {
        if (at_end() || text_[at_] != byte) return false;
        ++at_;
        return true;
    }
    std::optional<std::uint64_t> number() {
        const auto end = std::min(text_.find_first_not_of("0123456789", at_), text_.size());
        const auto value = parse::number<std::uint64_t>(text_.substr(at_, end - at_));
        if (value) at_ = end;
        return value;
    }
    std::string up_to(std::string_view ends) {
        const auto end = std::min(text_.find_first_of(ends, at_), text_.size());
        std::string word(text_.substr(at_, end - at_));
        at_ = end;
        return word;
    }

    Result<> command() {
        Command command;
        TRY(address(command.first, false));
        skip(" \t");
        if (command.first.kind != Address::Kind::none && take(',')) {
            skip(" \t");
            TRY(address(command.second, true));
            if (command.second.kind == Address::Kind::none) return wrong("no address after ,");
        }
        const bool zero = command.first.kind == Address::Kind::line && command.first.number == 0;
        if (zero && command.second.kind != Address::Kind::match) {
            return wrong("0 is an address only before ,/EXPRESSION/");
        }
        skip(" \t");
        while (take('!')) {
            command.negated = true;
            skip(" \t");
        }
        if (at_end()) return wrong("a command is missing");
        command.name = text_[at_++];
        TRY(rest(command));
        return {};
    }

    Result<> rest(Command& command) {
        const bool addressed = command.first.kind != Address::Kind::none;
        switch (command.name) {
            case '#':
                if (addressed) return wrong("a comment takes no address");
                up_to("\n");
                return {};
            case ':': {
                if (addressed) return wrong("a label takes no address");
                skip(" \t");
                const auto label = up_to(" \t\n;");
                if (label.empty()) return wrong("a label has no name");
                if (!labels_.emplace(label, script_.commands.size()).second) {
                    return wrong("the label '" + label + "' is there twice");
                }
                return ending();
            }
            case '{':
                if (open_.size() == depth_limit) return wrong("too many { in one another");
                open_.push_back(script_.commands.size());
                return add(std::move(command));
            case '}': {
                if (addressed) return wrong("} takes no address");
                if (open_.empty()) return wrong("} without {");
                script_.commands[open_.back()].target = script_.commands.size();
                open_.pop_back();
                return ending();
            }
            case 'a':
            case 'i':
            case 'c': TRY(text(command)); return add(std::move(command));
            case 'b':
            case 't':
            case 'T':
                skip(" \t");
                command.text = up_to(" \t\n;}");
                break;
            case 'r':
            case 'w':
                skip(" \t");
                command.text = up_to("\n");
                if (command.text.empty()) return wrong("the name of a file is missing");
                if (command.name == 'w') command.file = file(command.text);
                return add(std::move(command));
            case 's': TRY(substitution(command)); break;
            case 'y': TRY(map(command)); break;
            case 'q':
            case 'Q':
                if (command.second.kind != Address::Kind::none) {
                    return wrong("q ends at one line: it takes one address");
                }
                [[fallthrough]];
            case 'l':
                skip(" \t");
                command.number = number().value_or(command.name == 'l' ? 70 : 0);
                break;
            default:
                if (!std::string_view("dDgGhHnNpPxz=F").contains(command.name)) {
                    return wrong(std::string("there is no command '") + command.name + "'");
                }
        }
        TRY(ending());
        return add(std::move(command));
    }
    Result<> add(Command command) {
        script_.commands.push_back(std::move(command));
        return {};
    }
    Result<> ending() {
        skip(" \t");
        if (at_end() || take(';') || take('\n') || peek() == '}' || peek() == '#') return {};
        return wrong("something follows it");
    }
    std::size_t file(const std::string& name) {
        const auto known = std::ranges::find(script_.files, name);
        if (known != script_.files.end()) {
            return static_cast<std::size_t>(known - script_.files.begin());
        }
        script_.files.push_back(name);
        return script_.files.size() - 1;
    }

    Result<> address(Address& address, bool second) {
        using Kind = Address::Kind;
        if (const auto line = number()) {
            address = {.kind = Kind::line, .number = *line, .regex = {}};
            if (!second && take('~')) {
                address.kind = Kind::step;
                address.step = number().value_or(0);
            }
        } else if (take('$')) {
            address.kind = Kind::last;
        } else if (second && (peek() == '+' || peek() == '~')) {
            address.kind = text_[at_++] == '+' ? Kind::relative : Kind::multiple;
            const auto count = number();
            if (!count) return wrong("a number is missing in the address");
            address.number = *count;
        } else if (peek() == '/' || peek() == '\\') {
            if (text_[at_] == '\\') ++at_;
            if (at_end()) return wrong("an address ends early");
            const char delimiter = text_[at_++];
            const auto pattern = TRY(delimited(delimiter, true));
            address.kind = Kind::match;
            bool fold = false;
            while (peek() == 'I') {
                fold = true;
                ++at_;
            }
            address.regex = TRY(compile(pattern, fold));
        }
        return {};
    }

    // Up to an unescaped delimiter, which is passed over. Of an expression: the delimiter stands
    // for itself behind a backslash, \n for a newline, and neither counts between [ and ].
    Result<std::string> delimited(char delimiter, bool expression) {
        std::string part;
        for (;;) {
            if (at_end()) return wrong(std::string("the closing ") + delimiter + " is missing");
            const char byte = text_[at_++];
            if (byte == delimiter) return part;
            if (byte == '\\') {
                if (at_end()) return wrong("it ends with a backslash");
                escaped(part, text_[at_++], delimiter, expression);
            } else if (byte == '[' && expression) {
                bracket(part);
            } else {
                part += byte;
            }
        }
    }
    void escaped(std::string& part, char byte, char delimiter, bool expression) const {
        if (!expression) {
            if (byte != delimiter) part += '\\';
            // \& stays, when & is the delimiter as well.
            if (byte == delimiter && byte == '&') part += '\\';
            part += byte;
        } else if (byte == delimiter) {
            const std::string_view special = extended_ ? ".*[]^$+?(){}|" : ".*[]^$";
            if (special.contains(byte)) part += '\\';
            part += byte;
        } else if (byte == 'n') {
            part += '\n';
        } else if (byte == 't') {
            part += '\t';
        } else {
            part += '\\';
            part += byte;
        }
    }
    // The rest of a bracket expression, when it is one: else [ is a character of its own.
    void bracket(std::string& part) {
        part += '[';
        auto end = at_;
        if (end < text_.size() && text_[end] == '^') ++end;
        if (end < text_.size() && text_[end] == ']') ++end;
        while (end < text_.size() && text_[end] != ']') {
            const auto kind = end + 1 < text_.size() ? text_[end + 1] : '\0';
            if (text_[end] == '[' && (kind == ':' || kind == '.' || kind == '=')) {
                const auto closing = text_.find(std::string{kind, ']'}, end + 2);
                if (closing == text_.npos) return;
                end = closing + 2;
            } else if (text_[end] == '\n') {
                return;
            } else {
                ++end;
            }
        }
        if (end >= text_.size()) return;
        for (; at_ < end; ++at_) {
            const bool newline = text_[at_] == '\\' && at_ + 1 < end && text_[at_ + 1] == 'n';
            const bool tab = text_[at_] == '\\' && at_ + 1 < end && text_[at_ + 1] == 't';
            part += newline ? '\n' : tab ? '\t' : text_[at_];
            at_ += newline || tab ? 1 : 0;
        }
    }
    Result<std::shared_ptr<Regex>> compile(const std::string& pattern, bool fold) {
        if (pattern.empty()) return std::shared_ptr<Regex>();
        auto regex = Regex::compile(
            {&pattern, 1}, {.syntax = extended_ ? regex::Syntax::extended : regex::Syntax::basic,
                            .ignore_case = fold});
        if (!regex) return wrong(limpet::text(regex.error()));
        return std::make_shared<Regex>(*std::move(regex));
    }

    Result<> substitution(Command& command) {
        if (at_end()) return wrong("s ends early");
        const char delimiter = text_[at_++];
        if (delimiter == '\n' || delimiter == '\\') return wrong("s cannot be delimited by that");
        const auto pattern = TRY(delimited(delimiter, true));
        const auto replacement = TRY(delimited(delimiter, false));
        auto& what = command.substitution;
        what.pieces = pieces_of(replacement);
        bool fold = false, numbered = false;
        for (;;) {
            const char flag = peek();
            if (flag == 'g') {
                what.all = true;
            } else if (flag == 'p') {
                what.print = true;
            } else if (flag == 'i' || flag == 'I') {
                fold = true;
            } else if (flag >= '0' && flag <= '9') {
                const auto which = number();
                if (!which || *which == 0 || numbered) return wrong("s: a number from 1, once");
                what.which = *which;
                numbered = true;
                continue;
            } else if (flag == 'w') {
                ++at_;
                skip(" \t");
                const auto name = up_to("\n");
                if (name.empty()) return wrong("the name of a file is missing");
                command.file = file(name);
                break;
            } else if (flag == 'e' || flag == 'm' || flag == 'M') {
                return wrong(std::string("s has no flag '") + flag + "' here");
            } else {
                break;
            }
            ++at_;
        }
        what.regex = TRY(compile(pattern, fold));
        const auto groups = what.regex ? count_groups(pattern, extended_) : 9;
        for (const auto& piece : what.pieces) {
            if (piece.kind == Piece::Kind::group && piece.group > groups) {
                return wrong("\\" + std::to_string(piece.group) + " refers to no group");
            }
        }
        return {};
    }
    Result<> map(Command& command) {
        if (at_end()) return wrong("y ends early");
        const char delimiter = text_[at_++];
        if (delimiter == '\n' || delimiter == '\\') return wrong("y cannot be delimited by that");
        const auto from = characters_of(TRY(delimited(delimiter, false)));
        const auto to = characters_of(TRY(delimited(delimiter, false)));
        if (from.size() != to.size()) return wrong("y: the two texts differ in length");
        for (std::size_t i = 0; i < from.size(); ++i) command.map.emplace_back(from[i], to[i]);
        return {};
    }
    // a\ and the lines that follow, or, as everybody writes it, a TEXT.
    Result<> text(Command& command) {
        skip(" \t");
        if (take('\\')) {
            // a\TEXT on one line keeps the blanks that it begins with.
            const auto blanks = at_;
            skip(" \t");
            if (!take('\n')) at_ = blanks;
            if (at_end()) return {};
        }
        if (at_end()) return wrong(std::string(1, command.name) + " has no text");
        while (!at_end()) {
            const char byte = text_[at_++];
            if (byte == '\n') break;
            if (byte == '\\' && !at_end()) {
                const char next = text_[at_++];
                constexpr std::string_view letters = "tnrfva", values = "\t\n\r\f\v\a";
                const auto letter = letters.find(next);
                command.text += letter == letters.npos ? next : values[letter];
            } else {
                command.text += byte;
            }
        }
        command.text += '\n';
        return {};
    }

    std::string_view text_;
    bool extended_;
    std::size_t at_ = 0;
    Script script_;
    std::vector<std::size_t> open_;  // commands { that wait for their }
    std::map<std::string, std::size_t, std::less<>> labels_;
};

}  // namespace

Result<Script> parse(std::string_view text, bool extended) {
    return Parser(text, extended).script();
}

}  // namespace limpet::parse::sed
