/*
 * The keyring through lib/vault, in the repository of the current directory,
 * for what tests exchange with ssh-keygen and age, and for the bench.
 *
 *	keyring-tool first NAME RECIPIENT SIGNER >text
 *	keyring-tool next [scope NAME | add NAME ROLE RECIPIENT]… >text
 *	keyring-tool save TEXT SIGNATURE
 *	keyring-tool show
 *	keyring-tool fill PRIVATE-KEY RECIPIENTS SCOPES VERSIONS
 *	keyring-tool speed ROUNDS
 *
 * `save` seals an id key that is always the same. `fill` signs by a private key
 * of ssh, whose owner must be there, and adds recipients with keys that nobody
 * has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"
#include "crypto/ssh.h"
#include "key/idkey.h"
#include "key/keyring_store.h"
#include "repo/repo.h"

#define NOW  1795158764 /* 2026-11-20T07:12:44Z */
#define MOST 4096       /* changes of one version */

static const struct gv_idkey idkey = { .bytes = { 42 }, .name = "" };
static struct gv_repo *repo;

static void
must(int r)
{
	if (r < 0) {
		fprintf(stderr, "keyring-tool: %s\n", gv_err_message());
		exit(1);
	}
}

static void
read_file(struct gv_buf *out, const char *path)
{
	char piece[4096];
	size_t n;
	FILE *f = fopen(path, "rb");

	if (f == NULL) {
		fprintf(stderr, "keyring-tool: cannot open %s\n", path);
		exit(1);
	}
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		gv_buf_add(out, piece, n);
	fclose(f);
	must(gv_buf_check(out));
}

/* 1 with the keyring, 0 where there is none yet. */
static int
load(struct gv_keyring_kept *kept)
{
	int r = gv_keyring_load(kept, repo);

	if (r != GV_ENOTFOUND)
		must(r);
	return r == 0;
}

static void
make_text(struct gv_buf *out, const struct gv_keyring *before,
    const struct gv_keyring_change *changes, size_t n)
{
	unsigned char sum[GV_IDKEY_SUM];
	const struct gv_keyring_edit edit = { .before = before,
		.changes = changes,
		.n = n,
		.time = NOW,
		.idkey = sum };

	gv_idkey_sum(sum, &idkey);
	must(gv_keyring_next(out, &edit));
}

static void
save(const struct gv_buf *text, const struct gv_buf *sig)
{
	struct gv_keyring_kept was;
	struct gv_keyring k;
	struct gv_buf sealed = GV_BUF_INIT;
	int there = load(&was);

	must(gv_keyring_parse(&k, text->p, text->len));
	must(gv_keyring_seal_idkey(&sealed, &k, &idkey, NULL));
	must(gv_keyring_save(repo, there ? &was : NULL,
	    &(struct gv_keyring_parts){ .text = text->p,
		.len = text->len,
		.sig = sig->p,
		.sig_len = sig->len,
		.sealed = sealed.p,
		.sealed_len = sealed.len,
		.now = NOW }));
	gv_keyring_release(&k);
	if (there)
		gv_keyring_kept_release(&was);
	gv_buf_release(&sealed);
}

/* ---- by hand ---- */

static int
cmd_first(char **argv)
{
	const struct gv_keyring_change owner = { .verb = GV_KEYRING_ADD,
		.name = argv[0],
		.role = GV_KEYRING_OWNER,
		.key = argv[1],
		.signer = argv[2] };
	struct gv_buf text = GV_BUF_INIT;

	make_text(&text, NULL, &owner, 1);
	fputs(text.p, stdout);
	gv_buf_release(&text);
	return 0;
}

static int
cmd_next(char **argv)
{
	struct gv_keyring_change changes[16];
	struct gv_keyring_kept was;
	struct gv_buf text = GV_BUF_INIT;
	size_t n = 0;

	memset(changes, 0, sizeof(changes));
	for (; *argv && n < 16; n++) {
		changes[n].name = argv[1];
		if (strcmp(argv[0], "scope") == 0) {
			changes[n].verb = GV_KEYRING_ADD_SCOPE;
			argv += 2;
			continue;
		}
		changes[n].verb = GV_KEYRING_ADD;
		must(gv_keyring_role_parse(
		    &changes[n].role, argv[2], strlen(argv[2])));
		changes[n].key = argv[3];
		argv += 4;
	}
	must(gv_keyring_load(&was, repo));
	make_text(&text, &was.keyring, changes, n);
	fputs(text.p, stdout);
	gv_buf_release(&text);
	gv_keyring_kept_release(&was);
	return 0;
}

static int
cmd_save(char **argv)
{
	struct gv_buf text = GV_BUF_INIT, sig = GV_BUF_INIT;

	read_file(&text, argv[0]);
	read_file(&sig, argv[1]);
	save(&text, &sig);
	gv_buf_release(&text);
	gv_buf_release(&sig);
	return 0;
}

static int
cmd_show(char **argv)
{
	struct gv_keyring_kept kept;

	(void)argv;
	must(gv_keyring_load(&kept, repo));
	printf("version %u\nfirst %s\n", kept.keyring.version, kept.print);
	if (kept.is_new)
		puts("new");
	gv_keyring_kept_release(&kept);
	return 0;
}

/* ---- many ---- */

/* A key that nobody has, malloc'd. */
static char *
new_key(void)
{
	struct gv_identity id = GV_IDENTITY_INIT;
	struct gv_recipient to = GV_RECIPIENT_INIT;
	struct gv_buf text = GV_BUF_INIT;

	must(gv_identity_new(&id));
	must(gv_identity_recipient(&to, &id));
	must(gv_recipient_format(&text, &to));
	gv_identity_release(&id);
	gv_recipient_release(&to);
	return gv_buf_take(&text);
}

/* So many names "PREFIX000", malloc'd. */
static void
make_names(const char **out, const char *prefix, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct gv_buf name = GV_BUF_INIT;

		gv_buf_addf(&name, "%s%03zu", prefix, i);
		out[i] = gv_buf_take(&name);
	}
}

/* Half of the scopes for each, another half for the next one. */
static size_t
make_changes(struct gv_keyring_change *c, const char *const *scopes,
    size_t n_scopes, size_t recipients)
{
	static const char *names[MOST];
	static const char *halves[2][MOST];
	size_t n = 0, i, count[2] = { 0, 0 };

	for (i = 0; i < n_scopes; i++) {
		c[n++] =
		    (struct gv_keyring_change){ .verb = GV_KEYRING_ADD_SCOPE,
			    .name = scopes[i] };
		halves[i % 2][count[i % 2]++] = scopes[i];
	}
	make_names(names, "member", recipients);
	for (i = 0; i < recipients; i++)
		c[n++] = (struct gv_keyring_change){ .verb = GV_KEYRING_ADD,
			.name = names[i],
			.role = GV_KEYRING_READER,
			.scopes = halves[i % 2],
			.n_scopes = count[i % 2],
			.key = new_key() };
	return n;
}

static void
sign_and_save(const struct gv_buf *text, const struct gv_secret *key)
{
	struct gv_buf sig = GV_BUF_INIT;
	struct gv_sign sign;

	must(gv_sign_make(&sign, key, GV_KEYRING_SPACE, text->p, text->len));
	must(gv_sign_format(&sig, &sign, GV_KEYRING_SPACE));
	save(text, &sig);
	gv_buf_release(&sig);
}

static int
cmd_fill(char **argv)
{
	static struct gv_keyring_change changes[MOST];
	static const char *scopes[MOST];
	size_t recipients = strtoul(argv[1], NULL, 10);
	size_t n_scopes = strtoul(argv[2], NULL, 10), n;
	unsigned long versions = strtoul(argv[3], NULL, 10);
	struct gv_buf file = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_secret key = GV_SECRET_INIT;
	struct gv_keyring_kept was;

	if (recipients + n_scopes > MOST)
		return 129;
	read_file(&file, argv[0]);
	must(gv_ssh_private(&key, file.p, file.len));
	make_names(scopes, "scope", n_scopes);
	n = make_changes(changes, scopes, n_scopes, recipients);
	for (; versions > 0; versions--, n = 0) {
		must(gv_keyring_load(&was, repo));
		gv_buf_reset(&text);
		make_text(&text, &was.keyring, changes, n);
		gv_keyring_kept_release(&was);
		sign_and_save(&text, &key);
	}
	gv_secret_release(&key);
	gv_buf_release(&file);
	gv_buf_release(&text);
	return 0;
}

/* Milliseconds of processor time to load, the least of all rounds. */
static double
time_load(unsigned long rounds, const char *remove)
{
	struct gv_keyring_kept kept;
	double least = 1e9, ms;
	clock_t before;

	for (; rounds > 0; rounds--) {
		if (remove)
			(void)unlink(remove);
		before = clock();
		must(gv_keyring_load(&kept, repo));
		ms = (double)(clock() - before) * 1e3 / CLOCKS_PER_SEC;
		gv_keyring_kept_release(&kept);
		least = ms < least ? ms : least;
	}
	return least;
}

static int
cmd_speed(char **argv)
{
	unsigned long rounds = strtoul(argv[0], NULL, 10);
	struct gv_buf pin = GV_BUF_INIT;

	gv_buf_addf(&pin, "%s/" GV_KEYRING_PIN, repo->common_dir);
	printf("first\t%.3f\n", time_load(rounds, pin.p));
	printf("again\t%.3f\n", time_load(rounds, NULL));
	gv_buf_release(&pin);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int least;
		int (*run)(char **argv);
	} commands[] = { { "first", 3, cmd_first }, { "next", 0, cmd_next },
		{ "save", 2, cmd_save }, { "show", 0, cmd_show },
		{ "fill", 4, cmd_fill }, { "speed", 1, cmd_speed } };
	size_t i;
	int r = 129;

	if (argc < 2)
		return 129;
	must(gv_repo_open(&repo, 0));
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0 &&
		    argc - 2 >= commands[i].least)
			r = commands[i].run(argv + 2);
	gv_repo_close(repo);
	return r;
}
