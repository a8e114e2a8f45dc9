// local_time.h - the zone that times are shown in: TZ, and UTC when it is not set.
#pragma once

#include "commands/command.h"
#include "parse/zone.h"

namespace limpet::commands {

// TZ as POSIX has it, or a name below /usr/share/zoneinfo of the target. A zone that is not there
// is UTC by that name, as in libc.
parse::Zone zone_named(const Invocation& call, std::string_view name);
parse::Zone local_zone(const Invocation& call);

}  // namespace limpet::commands
