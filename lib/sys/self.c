#include "sys/self.h"

#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* Where dumps go to a program, as systemd has it, a limit of none stops them
 * only if that program likes, and it would be inherited. */
void
gv_self_seclude(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return;
#elif defined(__linux__)
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#else
	struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
#endif
}
