// runtimes/containerd_metadata.cpp - containerd's databases: meta.db, and the snapshotter's.
#include "runtimes/containerd_metadata.h"

#include "runtimes/containerd.h"
#include "runtimes/database.h"

namespace limpet::runtimes::containerd {
namespace {

constexpr const char* metadata = "/io.containerd.metadata.v1.bolt/meta.db";
constexpr std::size_t layers_limit = 500;  // OVL_MAX_STACK of the kernel

std::string value(const std::vector<parse::Bolt::Entry>& entries, std::string_view key) {
    for (const auto& entry : entries) {
        if (!entry.bucket && entry.key == key) return entry.value;
    }
    return {};
}

bool has_bucket(const std::vector<parse::Bolt::Entry>& entries, std::string_view key) {
    for (const auto& entry : entries) {
        if (entry.bucket && entry.key == key) return true;
    }
    return false;
}

Result<Record> read_record(const parse::Bolt& bolt, const std::string& space,
                           const std::string& id) {
    const std::vector<std::string> path{"v1", space, "containers", id};
    const auto entries = TRY(bolt.list(path));
    Record record;
    record.space = space;
    record.id = id;
    record.image = value(entries, "image");
    record.snapshotter = value(entries, "snapshotter");
    record.snapshot = value(entries, "snapshotKey");
    record.created = value(entries, "createdat");
    record.spec = value(entries, "spec");
    if (!has_bucket(entries, "labels")) return record;
    auto labels = path;
    labels.emplace_back("labels");
    for (const auto& entry : TRY(bolt.list(labels))) {
        parse::add_label(record.labels, entry.key, entry.value);
    }
    return record;
}

Result<std::vector<Record>> read_all(const parse::Bolt& bolt) {
    std::vector<Record> records;
    for (const auto& space : TRY(bolt.list({"v1"}))) {
        if (!space.bucket || !has_bucket(TRY(bolt.list({"v1", space.key})), "containers")) continue;
        for (const auto& entry : TRY(bolt.list({"v1", space.key, "containers"}))) {
            if (!entry.bucket || records.size() >= entries_limit) continue;
            records.push_back(TRY(read_record(bolt, space.key, entry.key)));
        }
    }
    return records;
}

// The snapshotter's own number for the folder of a snapshot: a uvarint.
std::optional<std::uint64_t> folder_number(std::string_view bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < bytes.size() && i < 9; ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        number |= std::uint64_t{byte & 0x7FU} << (7 * i);
        if (byte < 0x80) return number;
    }
    return std::nullopt;
}

Result<std::vector<std::string>> folders_of(const parse::Bolt& bolt, std::string name) {
    std::vector<std::string> folders;
    while (!name.empty()) {
        if (folders.size() == layers_limit) return refused("bolt", "a snapshot without an end");
        const auto entries = TRY(bolt.list({"v1", "snapshots", name}));
        const auto number = folder_number(value(entries, "id"));
        if (!number) return refused("bolt", "a snapshot without its number");
        folders.push_back(std::to_string(*number) + "/fs");
        name = value(entries, "parent");
    }
    return folders;
}

}  // namespace

Result<std::vector<Record>> read_metadata(const Node& node, const std::string& root) {
    std::vector<Record> records;
    TRY(read_database(node, root + metadata, [&](const parse::Bolt& bolt) -> Result<> {
        records = TRY(read_all(bolt));
        return {};
    }));
    return records;
}

Result<std::vector<std::string>> snapshot_layers(const Node& node, const Container& container) {
    // The one database knows how the other names the snapshot: "shop/12/web".
    std::string name;
    TRY(read_database(node, container.store + metadata, [&](const parse::Bolt& bolt) -> Result<> {
        name = value(
            TRY(bolt.list({"v1", container.space, "snapshots", container.driver, container.layer})),
            "name");
        return {};
    }));
    if (name.empty()) return refused("find layers", "the snapshot is gone");
    std::vector<std::string> layers;
    TRY(read_database(node, container.store + "/io.containerd.snapshotter.v1.overlayfs/metadata.db",
                      [&](const parse::Bolt& bolt) -> Result<> {
                          layers = TRY(folders_of(bolt, name));
                          return {};
                      }));
    return layers;
}

}  // namespace limpet::runtimes::containerd
