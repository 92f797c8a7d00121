#include "serve/serve_backend.h"

#include <string.h>

#include "base/err.h"
#include "state/track.h"
#include "vault/label.h"

#define ROOT "/state/"

static int
unknown(void)
{
	return gv_err(GV_ENOTFOUND,
	    "there is nothing here; a state is at " ROOT "ENV/STACK, its lock "
	    "there or at " ROOT "ENV/STACK/lock");
}

/* A name up to the next slash, or to the end. */
static const char *
take_name(char out[GV_SERVE_NAME], const char *at)
{
	size_t n = strcspn(at, "/");

	if (n == 0 || n >= GV_SERVE_NAME)
		return NULL;
	memcpy(out, at, n);
	out[n] = '\0';
	return at + n;
}

int
gv_serve_target_parse(struct gv_serve_target *out, const char *path)
{
	const char *at = path + strlen(ROOT);
	int r;

	memset(out, 0, sizeof(*out));
	if (strncmp(path, ROOT, strlen(ROOT)) != 0)
		return unknown();
	at = take_name(out->env, at);
	if (at == NULL || *at != '/')
		return unknown();
	at = take_name(out->stack, at + 1);
	if (at == NULL || (*at && strcmp(at, "/lock") != 0))
		return unknown();
	out->is_lock = *at != '\0';
	if ((r = gv_label_check("an environment", out->env)) == 0)
		r = gv_label_check("a stack", out->stack);
	return r < 0 ? GV_ENOTFOUND : 0;
}

enum gv_serve_verb
gv_serve_target_verb(const struct gv_serve_target *target, const char *method)
{
	static const struct {
		const char *method;
		enum gv_serve_verb of_state, of_lock;
	} table[] = {
		{ "GET", GV_SERVE_GET, GV_SERVE_NONE },
		{ "POST", GV_SERVE_PUT, GV_SERVE_LOCK },
		{ "PUT", GV_SERVE_PUT, GV_SERVE_LOCK },
		{ "DELETE", GV_SERVE_DELETE, GV_SERVE_UNLOCK },
		{ "LOCK", GV_SERVE_LOCK, GV_SERVE_LOCK },
		{ "UNLOCK", GV_SERVE_UNLOCK, GV_SERVE_UNLOCK },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strcmp(table[i].method, method) == 0)
			return target->is_lock ? table[i].of_lock
					       : table[i].of_state;
	return GV_SERVE_NONE;
}

const char *
gv_serve_target_methods(const struct gv_serve_target *target)
{
	return target->is_lock ? "LOCK, UNLOCK, POST, PUT, DELETE"
			       : "GET, POST, PUT, DELETE, LOCK, UNLOCK";
}
