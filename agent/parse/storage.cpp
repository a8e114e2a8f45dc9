// parse/storage.cpp - the list of containers of containers/storage, which podman and CRI-O use.
#include "parse/storage.h"

#include "parse/json.h"

namespace limpet::parse {

Result<std::vector<Stored>> stored_containers(std::string_view text) {
    const auto json = TRY(parse::json(text));
    if (json.kind != Json::Kind::array) return refused("json", "containers.json is no list");
    std::vector<Stored> list;
    for (const auto& item : json.items) {
        if (list.size() >= stored_limit) break;
        Stored stored;
        stored.id = item["id"].string();
        // It becomes a part of paths.
        if (stored.id.empty() || stored.id.find('/') != stored.id.npos || stored.id[0] == '.') {
            continue;
        }
        stored.layer = item["layer"].string();
        stored.created = item["created"].string();
        if (!item["names"].items.empty()) stored.name = item["names"].items.front().string();
        // The image's id is in "image"; its name only in a JSON text inside this one.
        if (const auto metadata = parse::json(item["metadata"].string())) {
            stored.image = (*metadata)["image-name"].string();
        }
        list.push_back(std::move(stored));
    }
    return list;
}

}  // namespace limpet::parse
