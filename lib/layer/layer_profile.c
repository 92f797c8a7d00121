#include "layer/layer_profile.h"

#include <stdbool.h>
#include <string.h>

/* By "Profile expressions" of Spring's Profiles.of(): ! & | and parentheses,
 * where & and | of one level are not mixed. */

#define NESTED_MAX 64

struct expression {
	const char *p, *end;
	const char *profile;
	unsigned depth;
	bool is_wrong;
};

static bool either(struct expression *x);

static void
skip_blanks(struct expression *x)
{
	while (x->p < x->end && (*x->p == ' ' || *x->p == '\t'))
		x->p++;
}

static bool
next_is(struct expression *x, char c)
{
	skip_blanks(x);
	if (x->p == x->end || *x->p != c)
		return false;
	x->p++;
	return true;
}

static bool
name(struct expression *x)
{
	const char *from = x->p, *to;

	while (x->p < x->end && memchr("!&|()", *x->p, 5) == NULL)
		x->p++;
	for (to = x->p; to > from && (to[-1] == ' ' || to[-1] == '\t'); to--)
		continue;
	x->is_wrong |= from == to;
	return strlen(x->profile) == (size_t)(to - from) &&
	    memcmp(x->profile, from, (size_t)(to - from)) == 0;
}

static bool
one(struct expression *x)
{
	bool is, negated = false;

	while (next_is(x, '!'))
		negated = !negated;
	if (!next_is(x, '('))
		return name(x) != negated;
	if (++x->depth > NESTED_MAX) {
		x->is_wrong = true;
		return false;
	}
	is = either(x);
	x->is_wrong |= !next_is(x, ')');
	x->depth--;
	return is != negated;
}

static bool
either(struct expression *x)
{
	bool is = one(x), next;
	char mark = '\0';

	while (!x->is_wrong) {
		skip_blanks(x);
		if (x->p == x->end || (*x->p != '&' && *x->p != '|'))
			break;
		x->is_wrong |= mark && *x->p != mark;
		mark = *x->p++;
		next = one(x);
		is = mark == '&' ? is && next : is || next;
	}
	return is;
}

int
gv_layer_profile_accepts(const char *text, size_t len, const char *profile)
{
	struct expression x = {
		.p = text, .end = text + len, .profile = profile
	};
	bool is = either(&x);

	return x.is_wrong || x.p < x.end ? -1 : is;
}
