// options.cpp - words of the command line, told apart by a table of options.
#include "attach/options.h"

#include <algorithm>

namespace limpet::attach {
namespace {

const Option* find(std::span<const Option> own, char letter, std::string_view name) {
    const auto matches = [&](const Option& option) {
        return letter ? option.letter == letter : !name.empty() && option.name == name;
    };
    for (const auto options :
         {own, std::span<const Option>(global_options), std::span<const Option>(kube_options)}) {
        const auto found = std::ranges::find_if(options, matches);
        if (found != options.end()) return &*found;
    }
    return nullptr;
}

struct Reader {
    std::span<const Option> options;
    std::span<const std::string> words;
    Arguments& arguments;
    std::size_t at = 0;

    // The value of an option whose own word held none.
    Result<std::string> following(const Option& option, std::string_view spelling) {
        if (at >= words.size()) {
            return refused("option",
                           std::string(spelling) + " needs " + std::string(option.argument));
        }
        return words[at++];
    }
    Result<> long_option(std::string_view word) {
        const auto equals = word.find('=');
        const auto spelling = word.substr(0, equals);
        const auto* option = find(options, 0, spelling.substr(2));
        if (!option) return refused("option", "there is no option " + std::string(spelling));
        if (option->argument.empty()) {
            if (equals != std::string_view::npos) {
                return refused("option", std::string(spelling) + " takes no value");
            }
            arguments.given.push_back({option, {}});
            return {};
        }
        auto value = equals != std::string_view::npos ? std::string(word.substr(equals + 1))
                                                      : TRY(following(*option, spelling));
        arguments.given.push_back({option, std::move(value)});
        return {};
    }
    // "-vq", "-ojson", "-o json".
    Result<> short_options(std::string_view word) {
        for (std::size_t i = 1; i < word.size(); ++i) {
            const std::string spelling{'-', word[i]};
            const auto* option = find(options, word[i], {});
            if (!option) return refused("option", "there is no option " + spelling);
            if (option->argument.empty()) {
                arguments.given.push_back({option, {}});
                continue;
            }
            auto value = i + 1 < word.size() ? std::string(word.substr(i + 1))
                                             : TRY(following(*option, spelling));
            arguments.given.push_back({option, std::move(value)});
            break;
        }
        return {};
    }
};

}  // namespace

std::optional<std::string_view> Arguments::value(std::string_view name) const {
    for (auto at = given.rbegin(); at != given.rend(); ++at) {
        if (at->option->name == name) return at->value;
    }
    return std::nullopt;
}

Result<> parse_options(std::span<const Option> options, std::span<const std::string> words,
                       Reach reach, Arguments& arguments) {
    Reader reader{options, words, arguments};
    // The operand that ends the options.
    const std::size_t last = reach == Reach::first_word    ? 1
                             : reach == Reach::second_word ? 2
                                                           : std::string_view::npos;
    while (reader.at < words.size()) {
        const std::string_view word = words[reader.at];
        if (arguments.operands.size() + 1 == last && reach == Reach::second_word && word == "--") {
            ++reader.at;
            break;
        }
        if (word.starts_with("--")) {
            ++reader.at;
            if (word == "--") break;
            TRY(reader.long_option(word));
        } else if (word.size() > 1 && word.front() == '-') {
            ++reader.at;
            TRY(reader.short_options(word));
        } else if (arguments.operands.size() + 1 == last) {
            break;
        } else {
            arguments.operands.push_back(words[reader.at++]);
        }
    }
    for (; reader.at < words.size(); ++reader.at) arguments.operands.push_back(words[reader.at]);
    return {};
}

}  // namespace limpet::attach
