// network/ip.h - what the objects of ip(8) share: how to print, and names of interfaces.
#pragma once

#include "commands/command.h"
#include "commands/json.h"
#include "limpet/fd.h"
#include "parse/rtnetlink.h"

#include <functional>
#include <string>
#include <vector>

namespace limpet::commands::ip {

struct View {
    bool brief = false;
    bool one_line = false;
    bool array = false;       // -j: one array, with iproute2's field names
    bool json_lines = false;  // -o json: the same objects, one a line
    unsigned statistics = 0;  // -s, -s -s
    bool details = false;
    bool four = false, six = false;
    std::string device;  // of "dev NAME"
    bool up_only = false;
    std::string kind;                     // of "type veth"
    std::optional<std::uint32_t> master;  // an index
    // Of addresses and routes.
    std::optional<std::uint8_t> scope, protocol, type;
    std::string label;
    std::uint32_t flags = 0, not_flags = 0;  // IFA_F_*
    std::optional<parse::Prefix> to;
    enum class To : std::uint8_t { root, match, exact } how = To::root;
    std::optional<parse::Address> via, source;
    std::uint16_t states = 0;  // NUD_*, 0: those that are worth showing
    [[nodiscard]] bool json() const { return array || json_lines; }
};

// A netlink socket and the links, which everything else names.
struct Net {
    Fd netlink;
    std::vector<parse::Link> links;

    [[nodiscard]] std::string name(std::uint32_t index) const;  // "if7" when there is none
    [[nodiscard]] const parse::Link* find(std::string_view name) const;
};
Result<Net> open_net();

// Every answer to a dump of `type` for one family.
Result<> dump(const Net& net, std::uint16_t type, int family,
              const std::function<void(parse::Bytes)>& visit);

// Collects objects, and prints them as the view says.
class Objects {
public:
    Objects(Invocation& call, const View& view) : call_(call), view_(view) {}
    void add(JsonObject object);
    void finish();

private:
    Invocation& call_;
    const View& view_;
    bool any_ = false;
};

bool wanted(const View& view, const parse::Link& link);
Result<std::vector<parse::InterfaceAddress>> addresses(const Net& net, int family);

// {"rx":{…},"tx":{…}}, and the table of it.
std::string counters_json(const View& view, const parse::Link& link);
void print_counters(Invocation& call, const View& view, const parse::Link& link);
// Into the object, if there is one, and behind the line.
// `below`: what begins a line of its own.
void add_details(const parse::Link& link, JsonObject* object, std::string& line,
                 std::string_view below = {});

Result<> show_links(Invocation& call, const View& view, const Net& net);
Result<> show_addresses(Invocation& call, const View& view, const Net& net);
Result<> show_routes(Invocation& call, const View& view, const Net& net, std::uint32_t table);

// What "route get" asks about beside the address.
struct RouteQuestion {
    std::string to, from, input, output;
    std::optional<std::uint32_t> mark, uid;
};
Result<> get_route(Invocation& call, const View& view, const Net& net,
                   const RouteQuestion& question);
Result<> show_neighbours(Invocation& call, const View& view, const Net& net);
Result<> show_rules(Invocation& call, const View& view, const Net& net);

// "0.0.0.0/0" as "default", a whole address without its length.
std::string prefix_text(const std::optional<parse::Address>& address, std::uint8_t length,
                        int family);
std::string table_name(std::uint32_t table);
std::string scope_name(std::uint8_t scope);
std::string protocol_name(std::uint8_t protocol);
std::string type_name(std::uint8_t type);
// The number of a name, or of itself.
Result<std::uint8_t> number_of(std::string_view word, std::string (*name)(std::uint8_t),
                               std::string_view what);
std::string hexadecimal(std::uint32_t value);  // 0x10
// NUD_* by name.
std::optional<std::uint16_t> neighbour_states(std::string_view word);

}  // namespace limpet::commands::ip
