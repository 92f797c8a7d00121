#include <string.h>

#include "replica/copies.h"

static bool
is_in_time(const struct gv_policy_copies *want,
    const struct gv_copies_holder *holder, int64_t now)
{
	return holder->verified > 0 && holder->verified <= now &&
	    (want->verified == 0 || now - holder->verified <= want->verified);
}

/* Whether an earlier one that counts is in the same place, or region. */
static bool
is_repeated(const struct gv_policy_copies *want,
    const struct gv_copies_holder *holders, size_t at, int64_t now,
    bool by_region)
{
	size_t i;

	for (i = 0; i < at; i++) {
		const struct gv_copies_holder *h = &holders[i];
		const char *a = by_region ? h->region : h->place;
		const char *b =
		    by_region ? holders[at].region : holders[at].place;

		if (a && strcmp(a, b) == 0 && is_in_time(want, h, now))
			return true;
	}
	return false;
}

bool
gv_copies_are_enough(struct gv_copies_word *out,
    const struct gv_policy_copies *want, const struct gv_copies_holder *holders,
    size_t n, int64_t now)
{
	struct gv_copies_word word = { .is_wanted =
					   gv_policy_copies_is_set(want) };
	size_t i;

	for (i = 0; i < n; i++) {
		if (!is_in_time(want, &holders[i], now))
			continue;
		word.places += !is_repeated(want, holders, i, now, false);
		word.regions += holders[i].region &&
		    !is_repeated(want, holders, i, now, true);
	}
	word.is_lacking =
	    word.places < want->min || word.regions < want->regions;
	if (out)
		*out = word;
	return !word.is_lacking;
}
