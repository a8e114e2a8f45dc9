// shell/parameter.cpp - parameter expansion, XCU 2.6.2.
#include "shell/arithmetic.h"
#include "shell/expansion.h"
#include "shell/pattern.h"
#include "shell/shell.h"

#include "commands/utf8.h"

#include <algorithm>

namespace limpet::shell {
namespace {

std::string option_letters(const Shell& shell) {
    std::string letters;
    for (std::size_t i = 0; i < option_count; ++i) {
        if (shell.options[i] && option_names[i].letter != 0 && i != opt_hash) {
            letters += option_names[i].letter;
        }
    }
    return letters;
}

// The value of a parameter other than @ and *; false when it is unset.
bool fetch(Shell& shell, const Part& part, std::string_view& value, std::string& scratch) {
    switch (part.special) {
        case 0: {
            const auto* found = shell.variables.get(part.symbol);
            if (found) value = *found;
            return found != nullptr;
        }
        case '0': value = shell.name; return true;
        case '1':
            if (part.number > shell.arguments.size()) return false;
            value = shell.arguments[part.number - 1];
            return true;
        case '?': scratch = std::to_string(shell.status); break;
        case '#': scratch = std::to_string(shell.arguments.size()); break;
        case '$': scratch = std::to_string(shell.pid); break;
        case '-': scratch = option_letters(shell); break;
        default:
            if (shell.last_background == 0) return false;
            scratch = std::to_string(shell.last_background);
            break;
    }
    value = scratch;
    return true;
}

std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    while (!text.empty()) {
        const auto length = static_cast<unsigned char>(text[0]) < 0x80
                                ? 1
                                : std::max<std::size_t>(1, commands::utf8_length(text));
        text.remove_prefix(length);
        ++count;
    }
    return count;
}

// Where character number `index` begins.
std::size_t offset_of(std::string_view text, std::size_t index) {
    std::size_t at = 0;
    while (index > 0 && at < text.size()) {
        at += std::max<std::size_t>(1, commands::utf8_length(text.substr(at)));
        --index;
    }
    return at;
}

std::string written(const Shell& shell, const Part& part) {
    if (part.special == 0) return shell.variables.symbols.name(part.symbol);
    if (part.special == '1') return std::to_string(part.number);
    return std::string(1, part.special);
}

bool changes_text(Operator operation) {
    return operation >= Operator::suffix && operation <= Operator::slice;
}

}  // namespace

bool Expansion::parameter(const Part& part) {
    if (part.operation == Operator::bad) {
        shell_.give_up("${" + std::string(part.text) + "}: bad substitution");
        return false;
    }
    if (part.special == '@' || part.special == '*') return all_arguments(part);
    std::string scratch;
    std::string_view text;
    const bool set = fetch(shell_, part, text, scratch);
    const bool usable = set && !(part.colon && text.empty());
    switch (part.operation) {
        case Operator::fallback:
            if (!usable) return instead(part);
            break;
        case Operator::alternative:
            if (usable) return instead(part);
            if (part.quoted) quoted_text({});
            return true;
        case Operator::assign:
            if (!usable) return assign_default(part);
            break;
        case Operator::complain:
            if (!usable) return complain(part, set);
            break;
        default:
            if (!set && shell_.on(opt_nounset)) return unset(part);
            break;
    }
    if (part.operation == Operator::length) {
        value(std::to_string(characters(text)), part.quoted);
    } else if (set && changes_text(part.operation)) {
        // A copy: expanding the pattern may change the variable.
        const std::string before(text);
        std::string result;
        if (!transform(part, before, result)) return false;
        value(result, part.quoted);
    } else {
        value(text, part.quoted);
    }
    return true;
}

bool Expansion::unset(const Part& part) {
    shell_.give_up(written(shell_, part) + ": parameter not set");
    return false;
}

// The word in place of the value: its own quotes count, the rest is split like a value.
bool Expansion::instead(const Part& part) {
    if (part.word->parts.empty() && part.quoted) quoted_text({});
    return run(*part.word, !part.quoted);
}

bool Expansion::assign_default(const Part& part) {
    if (part.special != 0) {
        shell_.give_up(written(shell_, part) + ": cannot assign in this way");
        return false;
    }
    std::string text;
    if (!expand_text(shell_, *part.word, text) || !shell_.assign(part.symbol, text)) return false;
    value(text, part.quoted);
    return true;
}

bool Expansion::complain(const Part& part, bool set) {
    std::string message;
    if (!expand_text(shell_, *part.word, message)) return false;
    if (message.empty())
        message = set || part.colon ? "parameter null or not set" : "parameter not set";
    shell_.give_up(written(shell_, part) + ": " + message);
    return false;
}

// $@ and $*, with any operator.
bool Expansion::all_arguments(const Part& part) {
    const auto& arguments = shell_.arguments;
    bool usable = !arguments.empty();
    if (part.colon) {
        const bool separated = part.special == '@' || !shell_.variables.separators().empty();
        usable = std::ranges::any_of(arguments, [](const auto& text) { return !text.empty(); }) ||
                 (arguments.size() > 1 && separated);
    }
    switch (part.operation) {
        case Operator::length: value(std::to_string(arguments.size()), part.quoted); return true;
        case Operator::fallback:
            if (!usable) return instead(part);
            break;
        case Operator::alternative:
            if (usable) return instead(part);
            if (part.quoted && part.special == '*') quoted_text({});
            return true;
        case Operator::assign:
            if (!usable) return assign_default(part);
            break;
        case Operator::complain:
            if (!usable) return complain(part, false);
            break;
        default: break;
    }
    if (part.operation == Operator::slice) {
        std::vector<std::string> all{shell_.name};
        all.insert(all.end(), arguments.begin(), arguments.end());
        std::size_t first = 0;
        std::size_t last = 0;
        if (!slice_bounds(part, all.size(), first, last)) return false;
        emit_all({all.begin() + static_cast<std::ptrdiff_t>(first),
                  all.begin() + static_cast<std::ptrdiff_t>(last)},
                 part);
        return true;
    }
    auto values = arguments;
    if (changes_text(part.operation)) {
        for (auto& text : values) {
            std::string result;
            if (!transform(part, text, result)) return false;
            text = std::move(result);
        }
    }
    emit_all(values, part);
    return true;
}

void Expansion::emit_all(const std::vector<std::string>& values, const Part& part) {
    const bool joined = mode_ != Mode::fields || (part.quoted && part.special == '*');
    if (joined) {
        const auto separators = shell_.variables.separators();
        const auto first_character = [](std::string_view text) {
            return text.substr(0, std::max<std::size_t>(1, commands::utf8_length(text)));
        };
        const auto between = part.special == '@' && mode_ != Mode::fields
                                 ? std::string_view(" ")
                                 : first_character(separators);
        std::string text;
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i > 0) text += between;
            text += values[i];
        }
        return value(text, part.quoted);
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0 && (part.quoted || in_field_)) finish_field();
        if (!part.quoted) after_blank_ = false;
        value(values[i], part.quoted);
    }
}

bool Expansion::transform(const Part& part, std::string_view text, std::string& result) {
    if (part.operation == Operator::slice) {
        std::size_t first = 0;
        std::size_t last = 0;
        if (!slice_bounds(part, characters(text), first, last)) return false;
        const auto start = offset_of(text, first);
        result = text.substr(start, offset_of(text.substr(start), last - first));
        return true;
    }
    return part.operation >= Operator::replace ? replace(part, text, result)
                                               : trim(part, text, result);
}

bool Expansion::trim(const Part& part, std::string_view text, std::string& result) {
    std::string pattern;
    if (!expand_pattern(shell_, *part.word, pattern)) return false;
    const bool front =
        part.operation == Operator::prefix || part.operation == Operator::prefix_longest;
    const bool longest =
        part.operation == Operator::prefix_longest || part.operation == Operator::suffix_longest;
    const auto size =
        front ? matching_prefix(pattern, text, longest) : matching_suffix(pattern, text, longest);
    if (size != text.npos) {
        text = front ? text.substr(size) : text.substr(0, text.size() - size);
    }
    result = text;
    return true;
}

bool Expansion::replace(const Part& part, std::string_view text, std::string& result) {
    std::string pattern;
    std::string with;
    if (!expand_pattern(shell_, *part.word, pattern)) return false;
    if (part.second && !expand_text(shell_, *part.second, with)) return false;
    if (part.operation == Operator::replace_back) {
        const auto size = matching_suffix(pattern, text, true);
        result = size == text.npos ? std::string(text)
                                   : std::string(text.substr(0, text.size() - size)) + with;
        return true;
    }
    if (text.empty() && !pattern.empty() && matches(pattern, text)) {
        result = with;
        return true;
    }
    const bool literal = !pattern.empty() && !has_magic(pattern);
    const auto plain = literal ? unescaped(pattern) : std::string{};
    bool may_replace = !pattern.empty() || part.operation == Operator::replace_front;
    while (!text.empty() || may_replace) {
        const auto size = may_replace ? matching_prefix(pattern, text, true) : text.npos;
        if (size != text.npos && (size > 0 || part.operation == Operator::replace_front)) {
            result += with;
            text.remove_prefix(size);
            may_replace = part.operation == Operator::replace_all;
        } else if (text.empty()) {
            break;
        } else {
            const auto length = !may_replace ? text.size()
                                : literal    ? std::min(text.find(plain, 1), text.size())
                                          : std::max<std::size_t>(1, commands::utf8_length(text));
            result += text.substr(0, length);
            text.remove_prefix(length);
        }
        if (part.operation == Operator::replace_front) may_replace = false;
        if (text.empty()) break;
    }
    return true;
}

bool Expansion::slice_bounds(const Part& part, std::size_t size, std::size_t& first,
                             std::size_t& last) {
    std::int64_t numbers[2] = {0, static_cast<std::int64_t>(size)};
    const Word* words[2] = {part.word, part.second};
    for (int i = 0; i < 2; ++i) {
        if (!words[i]) continue;
        std::string text;
        if (!expand_text(shell_, *words[i], text)) return false;
        const auto number = evaluate(text, shell_.variables, shell_.on(opt_nounset));
        if (!number) {
            shell_.give_up(limpet::text(number.error()));
            return false;
        }
        numbers[i] = *number;
    }
    const auto all = static_cast<std::int64_t>(size);
    auto start = numbers[0] < 0 ? numbers[0] + all : numbers[0];
    if (start < 0 || start > all) start = all;
    auto end = !part.second     ? all
               : numbers[1] < 0 ? all + numbers[1]
                                : start + std::min(numbers[1], all - start);
    end = std::max(end, start);
    first = static_cast<std::size_t>(start);
    last = static_cast<std::size_t>(end);
    return true;
}

}  // namespace limpet::shell
