// session.h - one session from the operator's side: its streams are our standard streams.
#pragma once

#include "attach/connection.h"
#include "attach/endpoint.h"
#include "attach/history.h"
#include "attach/recording.h"
#include "limpet/message.h"
#include "limpet/result.h"

namespace limpet::attach {

struct Task {
    Open open;
    // Our terminal is in raw mode and belongs to the session; else signals that we get are passed
    // on and what the target prints on a terminal is neutralised.
    bool interactive = false;
    // Where what the session sends aside goes; null when it was not asked for any.
    History* history = nullptr;
    // What keeps the session, if anything does. One that cannot be kept any more ends it.
    Recording* recording = nullptr;
};

struct Ending {
    Exit exit;
    int signal = 0;  // that ended us, not the session: to be raised again when all is restored
    // What happened, for --verbose.
    std::string agent;
    std::uint64_t output = 0, errors = 0;  // bytes received
};

// Opens the session, runs it to its end and closes the link. An error means that its status is not
// known: the connection was lost, or our own streams failed.
Result<Ending> run_session(Link link, const Task& task);

}  // namespace limpet::attach
