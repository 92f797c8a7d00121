#include "key/keyring_age.h"

#include <string.h>

#include "base/err.h"
#include "key/keyring.h"
#include "key/keyring_store.h"

static const char *
signer_of(const struct gv_keyring_recipient *who)
{
	return who->signer ? who->signer : who->verifier;
}

static const char *
keep(struct gv_keyring_ages *ages, const char *text)
{
	return gv_arena_copy(&ages->arena, text, strlen(text));
}

static int
begin(struct gv_keyring_ages *ages, const struct gv_keyring *k)
{
	size_t i;

	ages->is_begun = true;
	if (k->n_recipients == 0)
		return 0;
	ages->items = gv_arena_alloc(
	    &ages->arena, k->n_recipients * sizeof(*ages->items));
	if (ages->items == NULL)
		return GV_ENOMEM;
	for (i = 0; i < k->n_recipients; i++) {
		const struct gv_keyring_recipient *who = &k->recipients[i];
		const char *signer = signer_of(who);
		struct gv_keyring_age *age = &ages->items[i];

		*age = (struct gv_keyring_age){ .since = k->time };
		if ((age->name = keep(ages, who->name)) == NULL ||
		    (age->key = keep(ages, who->key)) == NULL ||
		    (signer && (age->signer = keep(ages, signer)) == NULL))
			return GV_ENOMEM;
		ages->n++;
	}
	return 0;
}

static bool
has_signer(const struct gv_keyring *k, const char *signer)
{
	const char *one;
	size_t i;

	for (i = 0; i < k->n_recipients; i++) {
		one = signer_of(&k->recipients[i]);
		if (one && strcmp(one, signer) == 0)
			return true;
	}
	return false;
}

/* A key that comes back after it was gone is as old as when it came back. */
static void
go_back(struct gv_keyring_age *age, const struct gv_keyring *k)
{
	if (age->key && gv_keyring_find_key(k, age->key) == NULL)
		age->key = NULL;
	if (age->signer && !has_signer(k, age->signer))
		age->signer = NULL;
	if ((age->key || age->signer) && k->time < age->since)
		age->since = k->time;
}

int
gv_keyring_ages_take(struct gv_keyring_ages *ages, const struct gv_keyring *k)
{
	size_t i;

	if (!ages->is_begun)
		return begin(ages, k);
	for (i = 0; i < ages->n; i++)
		go_back(&ages->items[i], k);
	return 0;
}

static int
take(void *ctx, const struct gv_keyring *k)
{
	return gv_keyring_ages_take(ctx, k);
}

int
gv_keyring_ages_load(struct gv_keyring_ages *out, struct gv_repo *repo,
    const struct gv_keyring_kept *kept)
{
	*out = (struct gv_keyring_ages)GV_KEYRING_AGES_INIT;
	return gv_keyring_each_from(repo, &kept->ledger.tip, take, out);
}

void
gv_keyring_ages_release(struct gv_keyring_ages *ages)
{
	if (ages == NULL)
		return;
	gv_arena_release(&ages->arena);
	memset(ages, 0, sizeof(*ages));
}
