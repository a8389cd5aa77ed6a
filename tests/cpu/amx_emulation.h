// AMX's tile instructions for CPUs that lack them, so that the code that uses them is tested
// everywhere: as it is compiled, instruction by instruction.
#pragma once

namespace kilat {

// From now on an AMX instruction that this CPU does not know is done by a handler of SIGILL, in
// every thread. Does nothing where the CPU has AMX. Other illegal instructions stay fatal. Returns
// whether AMX can be used now: not where the emulation has not been ported to.
bool emulate_amx();

}  // namespace kilat
