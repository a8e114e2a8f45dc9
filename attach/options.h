// options.h - words of the command line, told apart by a table of options.
//
// A table, so that the help, the completion and the parser cannot disagree.
#pragma once

#include "limpet/result.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::attach {

struct Option {
    char letter = 0;            // 'a', or 0 for a long name only
    std::string_view name;      // "all", or empty
    std::string_view argument;  // "S", or empty when it takes none
    std::string_view help;
};

// Accepted before and after every verb.
inline constexpr Option global_options[] = {
    {0, "host", "HOST", "local (default), unix:PATH or kube:[CONTEXT]; else $LIMPET_HOST"},
    {'o', "output", "FORMAT", "json, where a verb prints data"},
    {0, "no-color", "", "ask the session's commands for no colours"},
    {'v', "verbose", "", "say which agent is asked, and how the session went"},
    {'q', "quiet", "", "no notes, only errors"},
    {'h', "help", "", "this text"},
};

// Accepted there too, for --host kube: alone. A verb's own letters come first.
inline constexpr Option kube_options[] = {
    {'n', "namespace", "NS", "the pod's namespace"},
    {'c', "container", "NAME", "the pod's container; else its default one"},
    {0, "context", "NAME", "of the kubeconfig"},
    {0, "kubeconfig", "FILE", "instead of $KUBECONFIG"},
    {0, "profile", "NAME", "auto (default), general, baseline, restricted, netadmin or sysadmin"},
    {0, "image", "IMAGE", "of the debugging container; else $LIMPET_IMAGE, else limpet:VERSION"},
    {0, "image-pull-policy", "POLICY", "Always, IfNotPresent or Never"},
    {0, "custom", "FILE", "JSON of a partial container, merged into the debugging one"},
    {0, "copy-to", "NAME",
     "debug a copy of the pod in which the container waits; deleted at the end"},
    {0, "keep", "", "do not delete that copy, which else ends after 8 hours in any case"},
    {0, "start-timeout", "S", "for a container to start; 60"},
};

struct Arguments {
    struct Given {
        const Option* option;
        std::string value;
    };
    std::vector<Given> given;
    std::vector<std::string> operands;

    [[nodiscard]] bool has(std::string_view name) const { return value(name).has_value(); }
    // The last one's.
    [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const;
};

// How far the options reach.
enum class Reach {
    everywhere,   // options and operands in any order, `--` ends the options
    first_word,   // the first operand ends them: what follows has options of its own
    second_word,  // the second does; a `--` between the two is dropped: TARGET [--] CMD...
};

// Adds to `arguments`, which hold what stood before the verb.
Result<> parse_options(std::span<const Option> options, std::span<const std::string> words,
                       Reach reach, Arguments& arguments);

}  // namespace limpet::attach
