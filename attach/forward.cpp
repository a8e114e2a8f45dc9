// forward.cpp - limpet forward: ports and sockets of the target, here; and ports of ours, there.
#include "attach/forward/forwarder.h"
#include "attach/report.h"
#include "attach/start.h"

#include <sys/resource.h>

namespace limpet::attach {
namespace {

// Every connection is a descriptor.
void take_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

Result<> read_specs(const Arguments& arguments, forward::Work& work) {
    const auto& words = arguments.operands;
    for (std::size_t i = 1; i < words.size(); ++i) {
        work.specs.push_back(TRY(forward::parse_spec(words[i])));
    }
    for (const auto& [option, value] : arguments.given) {
        if (option->name == "socks") work.socks.push_back(TRY(forward::parse_listen(value)));
        if (option->name != "reverse") continue;
        auto spec = TRY(forward::parse_spec(value));
        if (spec.listen.is_unix()) {
            return refused("--reverse " + value, "only a port can be opened in the target");
        }
        if (!spec.to.is_unix() && forward::addresses_of(spec.to).empty()) {
            return refused("--reverse " + value, "where to go here is an address or localhost");
        }
        work.reverse.push_back(std::move(spec));
    }
    if (const auto address = arguments.value("address")) {
        const forward::Place here{.host = std::string(*address)};
        if (forward::addresses_of(here).empty()) {
            return refused("--address " + here.host, "it is no address: a number, localhost or *");
        }
        const auto set = [&](forward::Place& place) {
            if (place.host.empty() && !place.is_unix()) place.host = here.host;
        };
        for (auto& spec : work.specs) set(spec.listen);
        for (auto& place : work.socks) set(place);
    }
    if (work.specs.empty() && work.socks.empty() && work.reverse.empty()) {
        return refused("PORT", "it is missing: what is to be forwarded?");
    }
    return {};
}

Result<Ending> forward_all(const Arguments& arguments, forward::Work& work) {
    auto forwarder = TRY(forward::Forwarder::prepare(work));
    auto link = TRY(link_for(arguments, work.open.target));
    auto ending = forwarder.run(link);
    part(link);
    if (ending && ending->signal == 0 && ending->exit.kind == Exit::Kind::exited &&
        ending->exit.value == 0) {
        return refused("agent", "its end of the forward has ended");
    }
    return ending;
}

int run(const Arguments& arguments) {
    if (arguments.operands.empty()) return misused(forward_verb, "TARGET is missing");
    const auto& target = arguments.operands.front();
    auto open = session_of(arguments, target);
    if (!open) return misused(forward_verb, text(open.error()));
    forward::Work work;
    if (auto read = read_specs(arguments, work); !read) {
        return misused(forward_verb, text(read.error()));
    }
    work.what = "forward " + target;
    const bool may_modify = any(open->grants & Grant::modify);
    if (!work.reverse.empty() && !may_modify) {
        report(work.what, Error{0, "not allowed", "a port in the target changes the target",
                                "--reverse needs --allow modify"});
        return not_allowed;
    }
    open->grants = Grant::network | (open->grants & Grant::modify);
    work.open = *std::move(open);
    work.json = arguments.value("output") == "json";
    work.quiet = arguments.has("quiet");
    take_descriptors();
    return conclude(work.what, forward_all(arguments, work));
}

constexpr Option options[] = {
    {0, "address", "ADDRESS", "listen there instead of on localhost; *: everywhere"},
    {0, "socks", "[ADDRESS:]PORT", "a SOCKS5 proxy to all that the target reaches"},
    {0, "reverse", "PORT[:[HOST:]PORT]", "a port in the target that leads here; --allow modify"},
    allow_option,
};

}  // namespace

constexpr Verb forward_verb{
    .name = "forward",
    .usage =
        "[--address ADDRESS] [--socks PORT] [--reverse SPEC] [--allow GRANTS] TARGET "
        "[[[ADDRESS:]LOCAL:][HOST:]PORT...]",
    .summary = "reach ports and sockets of the target from here",
    .options = options,
    .help =
        "PORT is one that something in the target listens on, on its loopback interface too; HOST\n"
        "is as the target sees it, and its name is looked up there. LOCAL is where to listen "
        "here,\n"
        "the same port when it is not given, and a free one when it is 0 or empty. A PATH that\n"
        "begins with / or ./ stands for a unix socket, of this machine before the colon and of "
        "the\n"
        "target behind it. A line says where each listens, once all do. It goes on until it is\n"
        "interrupted or the target ends; a connection that fails is reset and told of.\n"
        "\n"
        "  limpet forward web 8080\n"
        "  limpet forward web 9000:8080 :9090 5432:db:5432\n"
        "  limpet forward web 8080:/run/app.sock ./debug.sock:6060\n"
        "  limpet forward web --socks 1080    # curl --socks5-hostname localhost:1080 http://db/\n"
        "  limpet forward --allow modify --reverse 4000:3000 web\n"
        "JSON fields: kind (forward, socks, reverse), target, listen, port, to.\n",
    .targets = true,
    .run = run,
};

}  // namespace limpet::attach
