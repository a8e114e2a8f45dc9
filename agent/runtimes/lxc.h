// runtimes/lxc.h - the containers of LXC and of systemd-nspawn: whole systems by a name.
#pragma once

#include "runtimes/node.h"

namespace limpet::runtimes::lxc {

void list(const Survey& survey, const std::vector<Container>& known, Found& found);

}  // namespace limpet::runtimes::lxc
