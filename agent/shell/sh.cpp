// sh.cpp - the command that is the shell.
#include "commands/command.h"
