#include "vault/label.h"

#include "base/err.h"
#include "config/policy.h"

bool
gv_label_is_valid(const char *text)
{
	return gv_policy_is_name(text);
}

int
gv_label_check(const char *what, const char *name)
{
	return gv_label_is_valid(name)
	    ? 0
	    : gv_err(GV_EUSAGE,
		  "%s cannot be called '%s': it has at most 64 letters, digits "
		  "and ._-, and begins with a letter or digit",
		  what, name);
}
