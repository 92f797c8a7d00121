#include "git-vault/look/trigger.h"

#include <string.h>

#include "base/err.h"

static const char *const triggers[] = { "manual", "hook", "schedule", "ci",
	"watch", "safety" };

int
gv_trigger_check(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(triggers) / sizeof(*triggers); i++)
		if (strcmp(text, triggers[i]) == 0)
			return 0;
	return gv_err(GV_EUSAGE,
	    "'%s' is not a trigger; use manual, hook, schedule, ci, watch or "
	    "safety",
	    text);
}
