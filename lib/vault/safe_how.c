#include <string.h>

#include "vault/safe_internal.h"
#include "vault/seal.h"

_Static_assert(GV_SAFE_READERS == GV_SAFE_SUM, "one digest of readers");

int
gv_safe_how(struct gv_seal *out, unsigned char readers[GV_SAFE_READERS],
    struct gv_safe *safe, const char *scope)
{
	int r = 0;
	struct gv_safe_scope *s = gv_safe_scope_get(&r, safe, scope);

	if (s == NULL)
		return r;
	r = gv_safe_scope_ready(s, safe);
	if (r < 0)
		return r;
	*out = (struct gv_seal){ .key = safe->idkey.p,
		.scope = s->name,
		.to = s->to,
		.n_to = s->n_to };
	memcpy(readers, s->sum, GV_SAFE_READERS);
	return 0;
}

int
gv_safe_naming_key(const unsigned char **out, struct gv_safe *safe)
{
	int r = gv_safe_seek_idkey(safe);

	*out = r == 0 && safe->has_idkey ? safe->idkey.p : NULL;
	return r;
}
