// process/signals.cpp - signals as kill, pkill and fuser take them.
#include "commands/process/signals.h"

#include "parse/number.h"
#include "parse/signal.h"

#include <csignal>

namespace limpet::commands {

Result<int> signal_of(const Options& options, int otherwise) {
    auto word = options.value("signal");
    if (!word) word = options.value("number");
    if (!word) return otherwise;
    const auto signal = parse::signal_number(*word);
    if (!signal) return refused("signal", "there is no '" + std::string(*word) + "'");
    return *signal;
}

std::optional<int> take_signal(std::vector<std::string>& words) {
    for (auto word = words.begin(); word != words.end() && *word != "--"; ++word) {
        if (word->size() < 2 || (*word)[0] != '-') continue;
        const auto signal = parse::signal_number(std::string_view(*word).substr(1));
        if (!signal) continue;
        words.erase(word);
        return signal;
    }
    return std::nullopt;
}

int list_signals(Invocation& call) {
    if (call.operands.empty()) {
        for (int signal = 1; signal < 32; ++signal) {
            call.out.write(parse::signal_name(signal));
            call.out.put(signal < 31 ? ' ' : '\n');
        }
        return 0;
    }
    for (const auto& operand : call.operands) {
        const auto number = parse::number<int>(operand);
        // An exit status of a killed command names its signal too.
        const auto signal =
            number && *number > 128 ? std::optional(*number - 128) : parse::signal_number(operand);
        if (!signal || *signal >= NSIG) {
            call.complain("there is no signal '" + operand + "'");
        } else {
            call.out.write((number ? parse::signal_name(*signal) : std::to_string(*signal)) + '\n');
        }
    }
    return call.status;
}

}  // namespace limpet::commands
