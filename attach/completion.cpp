// completion.cpp - limpet completion: what a shell needs to complete limpet's command line.
//
// The scripts only ask: `limpet complete -- WORD...` answers with candidates, one a line, from the
// same tables that the parser uses. The last word is the one under the cursor.
#include "attach/complete.h"
#include "attach/report.h"
#include "attach/verb.h"

#include <algorithm>

namespace limpet::attach {
namespace {

constexpr std::string_view bash = R"(# bash completion for limpet
_limpet() {
    local IFS=$'\n'
    COMPREPLY=()
    # Words as the shell splits them break at a colon; the line up to the cursor does not.
    local line=${COMP_LINE:0:COMP_POINT} words
    IFS=$' \t\n' read -r -a words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    local current=${words[-1]}
    COMPREPLY=($(limpet complete -- "${words[@]:1}" 2>/dev/null))
    # What stands before the last colon is not part of the word that bash replaces.
    if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${current%:*}:"}")
    fi
}
complete -o default -F _limpet limpet
)";

constexpr std::string_view zsh = R"(#compdef limpet
# zsh completion for limpet
_limpet() {
    local -a candidates
    candidates=("${(@f)$(limpet complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n ${candidates[1]} ]]; then
        compadd -a candidates
    else
        _files
    fi
}
if [[ ${funcstack[1]} == _limpet ]]; then
    _limpet "$@"
else
    compdef _limpet limpet
fi
)";

constexpr std::string_view fish = R"(# fish completion for limpet
function __limpet_complete
    set -l words (commandline -opc) (commandline -ct)
    limpet complete -- $words[2..-1] 2>/dev/null
end
complete -c limpet -f -a '(__limpet_complete)'
)";

struct Shell {
    std::string_view name, script;
};
constexpr Shell shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

int run(const Arguments& arguments) {
    if (arguments.operands.size() != 1) return misused(completion, "one of bash, zsh, fish");
    const auto found =
        std::ranges::find(shells, std::string_view(arguments.operands.front()), &Shell::name);
    if (found == std::end(shells)) {
        return misused(completion, "there is none for " + arguments.operands.front());
    }
    if (auto printed = print(1, found->script); !printed) {
        return report("completion", printed.error());
    }
    return 0;
}

int run_complete(const Arguments& arguments) {
    std::string text;
    for (const auto& candidate : candidates(arguments.operands)) text += candidate + '\n';
    // kubectl wants to be told what to do when nothing fits: 4, do not offer files.
    if (arguments.has("kubectl")) text += ":4\n";
    return print(1, text) ? 0 : failure;
}

constexpr Option complete_options[] = {{0, "kubectl", "", "in the form that kubectl reads"}};

}  // namespace

constexpr Verb completion{
    .name = "completion",
    .usage = "bash|zsh|fish",
    .summary = "print a completion script for a shell",
    .help =
        "  bash: limpet completion bash > /etc/bash_completion.d/limpet\n"
        "  zsh:  limpet completion zsh > \"${fpath[1]}/_limpet\"\n"
        "  fish: limpet completion fish > ~/.config/fish/completions/limpet.fish\n",
    .run = run,
};

constexpr Verb complete{
    .name = "complete",
    .usage = "[--kubectl] -- WORD...",
    .summary = "the candidates for the last WORD of a command line",
    .options = complete_options,
    .hidden = true,
    .run = run_complete,
};

}  // namespace limpet::attach
