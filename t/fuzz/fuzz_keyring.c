/* Any bytes as a version of the keyring, as they are and behind its first
 * lines, and as the note of what was seen of one: what is read is written the
 * same, its rules hold, and a refusal has a sentence that a terminal can show.
 */
#include "fuzz.h"

#include "base/err.h"
#include "key/keyring.h"
#include "key/keyring_store_internal.h"

static const char head[] =
    "git-vault keyring 1\nversion 1\nprevious none\n"
    "time 2026-11-20T07:12:44Z\n"
    "idkey "
    "0000000000000000000000000000000000000000000000000000000000000000\n"
    "scope dev\nscope shared\n";

static void
must_be_plain(const char *message)
{
	must(*message);
	for (; *message; message++)
		/* the dots of our own words are beyond ASCII */
		must(*message < 0 || (*message >= ' ' && *message != 0x7f));
}

static void
ask(const struct gv_keyring *k)
{
	const struct gv_keyring_recipient **list;
	struct gv_keyring_delta *all;
	size_t i, n;

	must(k->version >= 1 && k->n_recipients >= 1);
	must(gv_keyring_has_scope(k, GV_KEYRING_SHARED));
	for (i = 0; i < k->n_scopes; i++) {
		must(gv_keyring_readers(&list, &n, k, k->scopes[i]) == 0);
		must(n >= 1);
		free(list);
	}
	for (i = 0; i < k->n_recipients; i++) {
		const struct gv_keyring_recipient *who = &k->recipients[i];

		must(gv_keyring_find(k, who->name) == who);
		must(gv_keyring_find_key(k, who->key) == who);
		must((who->signer != NULL) == (who->role == GV_KEYRING_OWNER));
		must(!who->verifier ||
		    gv_keyring_find_signer(k, who->verifier) == who);
	}
	must(gv_keyring_diff(&all, &n, k, k) == 0 && n == 0);
	free(all);
}

static void
read_it(const char *data, size_t len)
{
	struct gv_keyring k;
	struct gv_buf again = GV_BUF_INIT;

	gv_err_set_message(NULL);
	if (gv_keyring_parse(&k, data, len) < 0) {
		must_be_plain(gv_err_message());
		return;
	}
	ask(&k);
	must(gv_keyring_format(&again, &k) == 0);
	must_be(&again, data, len);
	gv_keyring_release(&k);
}

static void
read_pin(const char *data, size_t len)
{
	struct gv_keyring_pin pin;
	struct gv_buf again = GV_BUF_INIT;

	if (gv_keyring_pin_parse(&pin, data, len) < 0)
		return;
	must(gv_keyring_pin_format(&again, &pin) == 0);
	must_be(&again, data, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf b = GV_BUF_INIT;

	read_it((const char *)data, len);
	read_pin((const char *)data, len);
	gv_buf_addstr(&b, head);
	gv_buf_add(&b, data, len);
	read_it(b.p, b.len);
	gv_buf_release(&b);
	return 0;
}
