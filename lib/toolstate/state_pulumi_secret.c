#include "toolstate/state_pulumi.h"

#include <string.h>

/*
 * A map that stands for something else has a signature. Of a secret, and of an
 * output that may be one:
 *
 *	{ SIGNATURE: SECRET, "ciphertext": "v1:…" | "plaintext": "\"…\"" }
 *	{ SIGNATURE: OUTPUT, "value": …, "secret": true }
 */
#define SIGNATURE "4dabf18193072939515e22adb298388d"
#define SECRET    "1b47061264138c4ac30d75fd1eb44270"
#define OUTPUT    "d0e6a833031e9bbcd3f4e8bde6ca49a4"

/* What was seen in a map. */
enum {
	IS_SECRET = 1 << 0,
	HAS_PLAINTEXT = 1 << 1,
	IS_OUTPUT = 1 << 2,
	IS_MARKED = 1 << 3,
};

static unsigned
see(const struct gv_jsontext_token *t)
{
	static const char *const names[] = { SIGNATURE, "plaintext", "secret" };

	switch (gv_state_key(t, names, 3)) {
	case 0:
		return gv_state_text_is(t, SECRET) ? IS_SECRET
		    : gv_state_text_is(t, OUTPUT)  ? IS_OUTPUT
						   : 0;
	case 1:
		return t->kind == GV_JSONTEXT_TEXT ? HAS_PLAINTEXT : 0;
	case 2:
		return t->kind == GV_JSONTEXT_TRUE ? IS_MARKED : 0;
	default:
		return 0;
	}
}

static unsigned
judge(unsigned seen)
{
	if (seen & IS_SECRET)
		return seen & HAS_PLAINTEXT
		    ? GV_STATE_PULUMI_SECRET | GV_STATE_PULUMI_CLEAR
		    : GV_STATE_PULUMI_SECRET;
	if ((seen & IS_OUTPUT) && (seen & IS_MARKED))
		return GV_STATE_PULUMI_SECRET | GV_STATE_PULUMI_CLEAR;
	return 0;
}

/* Nearly every value has none, and that is seen at once. */
static bool
may_hold(const struct gv_jsontext_token *t)
{
	if (t->kind != GV_JSONTEXT_MAP && t->kind != GV_JSONTEXT_LIST)
		return false;
	return memmem(t->p, t->len, SECRET, strlen(SECRET)) ||
	    memmem(t->p, t->len, OUTPUT, strlen(OUTPUT)) ||
	    memmem(t->p, t->len, "\\u", 2);
}

unsigned
gv_state_pulumi_secrets(const struct gv_jsontext_token *t)
{
	unsigned char seen[GV_JSONTEXT_MAX_DEPTH + 1] = { 0 };
	struct gv_jsontext_token in;
	struct gv_jsontext j;
	unsigned found = 0;

	if (!may_hold(t))
		return 0;
	gv_jsontext_init(&j, t->p, t->len);
	while (gv_jsontext_next(&j, &in) > 0) {
		if (in.kind == GV_JSONTEXT_MAP)
			seen[j.depth] = 0;
		else if (in.kind == GV_JSONTEXT_MAP_END)
			found |= judge(seen[j.depth + 1]);
		else if (in.has_key)
			seen[j.depth] |= (unsigned char)see(&in);
	}
	return found;
}
