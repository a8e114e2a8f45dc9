// verb.h - a verb of the command line: a row of data and one function.
#pragma once

#include "attach/options.h"

#include <span>
#include <string_view>

namespace limpet::attach {

struct Verb {
    std::string_view name;
    std::string_view usage;    // after the name: "[-a] [-o json|wide]"
    std::string_view summary;  // lower case, no full stop
    std::span<const Option> options = {};
    std::string_view help = {};  // details and examples
    // The first operand is a TARGET, for the completion.
    bool targets = false;
    // What follows the first operand is a command with options of its own.
    bool command_follows = false;
    // Not for people: neither help nor completion tells of it.
    bool hidden = false;
    // Only with --host kube:; elsewhere the word is a TARGET.
    bool in_cluster = false;
    int (*run)(const Arguments&) = nullptr;
};

extern const Verb ps, attach_verb, exec, cp, export_verb, diff, forward_verb, capture, doctor,
    replay, verify, node_verb, demo, version_verb, help, completion, complete, demo_app;

// Every verb, in the order of the help; the hidden ones last.
std::span<const Verb* const> verbs();
const Verb* find_verb(std::string_view name);
// Verbs of limpet's command line that this version does not have: a container of that name is
// reached by `limpet attach NAME`, so that a script means the same with every version.
bool is_reserved(std::string_view name);

// The name by which we were called: kubectl looks for kubectl-limpet.
bool is_plugin(std::string_view name);
// "limpet", or "kubectl limpet".
std::string program_name();

// The text of `limpet help VERB` and `limpet VERB --help`.
std::string help_text(const Verb& verb);
// Its section on what only a cluster has.
std::string cluster_options();
// "limpet: exec: there is no option -z" and the usage; the status of misuse.
int misused(const Verb& verb, std::string_view problem);

}  // namespace limpet::attach
