// container/probe.h - whether a cloud's metadata service answers from the target's network.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace limpet::commands {

struct MetadataService {
    std::string_view address;  // numeric, port 80
    std::string_view path;     // that tells without giving a credential
    std::string_view whose;
};
inline constexpr std::array metadata_services{
    MetadataService{"169.254.169.254", "/latest/meta-data/",
                    "AWS, Google, Azure, OpenStack, others"},
    MetadataService{"169.254.170.2", "/", "AWS ECS credentials"},
    MetadataService{"100.100.100.200", "/latest/meta-data/", "Alibaba"},
};

// The first line of its answer, or why there is none: "no answer within 2 s".
struct Probed {
    bool reachable = false;
    std::string answer;
};
Probed probe(const MetadataService& service);

}  // namespace limpet::commands
