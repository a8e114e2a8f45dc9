// client.cpp - limpet's command line: finds the verb and runs it.
#include "attach/client.h"

#include "attach/kube/connect.h"
#include "attach/report.h"
#include "attach/sanitiser.h"
#include "attach/start.h"
#include "attach/verb.h"

#include <fcntl.h>
#include <unistd.h>

namespace limpet::attach {
namespace {

// A descriptor that we open must not become 0, 1 or 2 because those were closed. Input is at
// its end then; output gets the wrong mode on purpose, and fails with EBADF as it would have.
void occupy_standard_descriptors() {
    for (const int fd : {0, 1, 2}) {
        if (::fcntl(fd, F_GETFD) < 0) (void)!::open("/dev/null", O_RDONLY);
    }
}

int misused_program(std::string_view problem) {
    (void)print(2, one_line("limpet: " + std::string(problem)) + "\nusage: " + program_name() +
                       " [OPTION...] VERB|TARGET [ARG...]  (" + program_name() +
                       " help lists the verbs)\n");
    return misuse;
}

int run_verb(const Verb& verb, std::span<const std::string> words, Arguments& arguments) {
    const auto reach = verb.command_follows ? Reach::second_word : Reach::everywhere;
    if (auto parsed = parse_options(verb.options, words, reach, arguments); !parsed) {
        return misused(verb, parsed.error().subject());
    }
    if (arguments.has("help")) {
        return print(1, help_text(verb)) ? 0 : failure;
    }
    return verb.run(arguments);
}

}  // namespace

std::vector<std::string> words_of(int argc, const char* const* argv) {
    std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    const std::string_view path = argc > 0 ? argv[0] : "";
    const auto name = path.substr(path.rfind('/') + 1);
    if (is_plugin(name)) words.insert(words.begin(), {"--host", "kube:"});
    if (name == "kubectl_complete-limpet") {
        words.insert(words.begin(), {"complete", "--kubectl", "--", "--host", "kube:"});
    }
    return words;
}

int run(const std::vector<std::string>& words) {
    occupy_standard_descriptors();
    constexpr Option version_option[] = {{0, "version", "", ""}};
    Arguments arguments;
    if (auto parsed = parse_options(version_option, words, Reach::first_word, arguments); !parsed) {
        return misused_program(parsed.error().subject());
    }
    if (arguments.has("version")) return version_verb.run(arguments);
    if (arguments.operands.empty()) {
        if (arguments.has("help")) return help.run(arguments);
        return misused_program("a verb or a target is missing");
    }
    const auto rest = std::exchange(arguments.operands, {});
    const std::span<const std::string> following(rest);
    const auto& name = rest.front();
    const auto* verb = find_verb(name);
    if (verb && (!verb->in_cluster || kube::is_kube(host_of(arguments)))) {
        return run_verb(*verb, following.subspan(1), arguments);
    }
    if (is_reserved(name)) {
        return report(name, Error{0, "not in this version", "limpet help lists its verbs",
                                  "a container of that name: limpet attach " + name});
    }
    return run_verb(attach_verb, following, arguments);
}

}  // namespace limpet::attach
