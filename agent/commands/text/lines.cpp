// lines.cpp - what commands that work line by line share.
#include "commands/text/lines.h"

namespace limpet::commands {

Result<std::optional<std::string_view>> next_line(Input& input, char terminator) {
    auto line = TRY(input.line(terminator));
    if (line && line->ends_with(terminator)) line->remove_suffix(1);
    return line;
}

void each_input(Invocation& call, const std::function<Result<>(Input& input)>& visit) {
    if (call.operands.empty()) call.operands.emplace_back("-");
    for (const auto& name : call.operands) {
        auto input = call.open(name);
        if (!input) {
            call.complain(input.error());
            continue;
        }
        if (auto done = visit(*input); !done) {
            if (done.error().subject().empty()) done.error().subject() = name;
            call.complain(done.error());
        }
        if (call.out.failure()) return;
    }
}

void rewrite_lines(Invocation& call, const std::function<bool(std::string_view line)>& rewritten) {
    each_input(call, [&](Input& input) -> Result<> {
        while (const auto line = TRY(input.line())) {
            const bool ended = line->ends_with('\n');
            const bool kept = rewritten(line->substr(0, line->size() - (ended ? 1 : 0)));
            if (ended && kept) call.out.put('\n');
            if (call.out.failure()) break;
        }
        return {};
    });
}

bool open_pair(Invocation& call, Pair& pair) {
    for (auto [place, name] :
         {std::pair(&pair.first, &call.operands[0]), std::pair(&pair.second, &call.operands[1])}) {
        auto input = call.open(*name);
        if (!input) {
            call.complain(input.error());
            return false;
        }
        place->emplace(*std::move(input));
    }
    return true;
}

}  // namespace limpet::commands
