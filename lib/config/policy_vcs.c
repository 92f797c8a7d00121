#include <string.h>

#include "config/policy_hold_internal.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

const char *const gv_policy_vcs_keys[] = { "base", NULL };

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_vcs *out = data;
	const char *text;
	int r;

	if (!gv_policy_is_known(gv_policy_vcs_keys, at->key->text))
		return gv_policy_unknown_key(at, gv_policy_vcs_keys);
	if ((r = gv_policy_read_text(&text, at)) < 0)
		return r;
	out->omits_base = strcmp(text, "omit") == 0;
	return out->omits_base || strcmp(text, "store") == 0
	    ? 0
	    : gv_policy_wrong(at, "'store' or 'omit'");
}

int
gv_policy_read_vcs(
    struct gv_policy_vcs *out, const struct gv_policy_place *section)
{
	return gv_policy_each(section, "a map with 'base:'", read_key, out);
}

/* Without its base a snapshot needs a server to be whole. */
void
gv_policy_hold_vcs(struct gv_policy_hold *h)
{
	struct gv_policy_vcs *out = &h->out->vcs;
	const struct gv_policy_vcs *now = &h->present->vcs;

	if (now->omits_base && !out->omits_base)
		gv_policy_hold_wait(h, "vcs.base");
	out->omits_base = out->omits_base && now->omits_base;
}
