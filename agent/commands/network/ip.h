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
    bool statistics = false;
    bool four = false, six = false;
    std::string device;  // of "dev NAME"
    bool up_only = false;
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

Result<> show_links(Invocation& call, const View& view, const Net& net);
Result<> show_addresses(Invocation& call, const View& view, const Net& net);
Result<> show_routes(Invocation& call, const View& view, const Net& net, std::uint32_t table);
Result<> get_route(Invocation& call, const View& view, const Net& net, const std::string& address);
Result<> show_neighbours(Invocation& call, const View& view, const Net& net);
Result<> show_rules(Invocation& call, const View& view, const Net& net);

// "0.0.0.0/0" as "default", a whole address without its length.
std::string prefix_text(const std::optional<parse::Address>& address, std::uint8_t length,
                        int family);
std::string table_name(std::uint32_t table);
std::string scope_name(std::uint8_t scope);

}  // namespace limpet::commands::ip
