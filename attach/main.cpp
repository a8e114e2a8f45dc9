// main.cpp - limpet, the client.
#include "attach/client.h"

int main(int argc, char** argv) {
    return limpet::attach::run(limpet::attach::words_of(argc, argv));
}
