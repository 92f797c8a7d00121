#include <string.h>

#include "config/policy_hold_internal.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

const char *const gv_policy_key_keys[] = { "lasts", NULL };

#define DAY ((int64_t)86400)

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_keys *out = data;
	int r;

	if (!gv_policy_is_known(gv_policy_key_keys, at->key->text))
		return gv_policy_unknown_key(at, gv_policy_key_keys);
	r = gv_policy_read_time(&out->lasts, at);
	return r == 0 && out->lasts < DAY
	    ? gv_policy_wrong(at, "a time of at least a day, such as 365d")
	    : r;
}

int
gv_policy_read_keys(
    struct gv_policy_keys *out, const struct gv_policy_place *section)
{
	return gv_policy_each(section, "a map with lasts", read_key, out);
}

/* A shorter one only makes more keys old. */
void
gv_policy_hold_keys(struct gv_policy_hold *h)
{
	int64_t *const out = &h->out->keys.lasts;
	const int64_t present = h->present->keys.lasts;

	if (*out == 0 || (present && present < *out))
		*out = present;
	if (*out != present)
		gv_policy_hold_wait(h, "keys.lasts");
}
