// main.cpp - limpet, the client.
#include "attach/client.h"

#include <string>
#include <vector>

int main(int argc, char** argv) {
    return limpet::attach::run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
