// serve/asio.cpp - Boost.Asio's own code, compiled once.
#include "serve/asio.h"

#include <boost/asio/impl/src.hpp>
