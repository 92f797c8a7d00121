#include "symbol/symbol_writer.h"

#include <string.h>

/*
 * Values that the checks compare, of any document: guards, which protect data
 * and are weaker in one environment than in another, and placeholders, which
 * somebody forgot to replace. Only guards whose value is a bool, a number or a
 * word of a list are given, and of a placeholder which word it is: no value
 * that could be a secret.
 */

#define VALUE_MOST 200 /* bytes of a value that is looked at */
/* Bytes of paths for each of the document: a deep one may have long ones. */
#define PATHS_PER_BYTE 4
#define PATHS_LEAST    65536

/* In the order of their bytes, as are the words below. */
static const char *const guards[] = { "AutomaticBackupRetentionDays",
	"BackupRetentionPeriod", "DeleteOnTermination", "DeletionPolicy",
	"DeletionProtection", "DeletionProtectionEnabled",
	"DisableApiTermination", "EnableKeyRotation",
	"EnableTerminationProtection", "Encrypted", "MultiAZ",
	"PointInTimeRecoveryEnabled", "PubliclyAccessible", "RetentionInDays",
	"SkipFinalSnapshot", "SnapshotRetentionLimit", "StorageEncrypted",
	"UpdateReplacePolicy", "VersioningEnabled", "allow_destroy",
	"automated_backups", "automatic_backup_retention_days",
	"backup_retention_days", "backup_retention_period", "backups_enabled",
	"delete_on_termination", "deletionPolicy", "deletionProtection",
	"deletion_protection", "deletion_protection_enabled",
	"disable_api_termination", "enable_backups",
	"enable_deletion_protection", "enable_key_rotation", "encrypted",
	"encryption_at_rest", "forceDestroy", "force_delete", "force_destroy",
	"geo_redundant_backup_enabled", "multiAz", "multi_az",
	"persistentVolumeReclaimPolicy", "point_in_time_recovery",
	"prevent_destroy", "protect", "publicly_accessible",
	"purge_protection_enabled", "reclaimPolicy", "recovery_window_in_days",
	"retention_in_days", "skip_final_snapshot", "snapshot_retention_limit",
	"soft_delete_retention_days", "storage_encrypted", "versioning",
	"versioning_enabled" };

static const char *const guard_words[] = { "Delete", "Disabled", "Enabled",
	"False", "Orphan", "Recycle", "Retain", "RetainExceptOnCreate",
	"Snapshot", "Suspended", "True", "delete", "disabled", "enabled",
	"false", "no", "off", "on", "retain", "snapshot", "true", "yes" };

/* Values that are one of these, whatever the case of their letters. */
static const char *const placeholders[] = { "changeme", "change_me",
	"change-me", "changeit", "change_it", "change-it", "change me",
	"replaceme", "replace_me", "replace-me", "replace me", "todo", "fixme",
	"tbd", "placeholder", "your-password", "yourpassword", "your_password",
	"dummy", "insert-here", "to-be-replaced", "<changeme>", "<replace_me>",
	"<replaceme>", "<change_me>" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char
low(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-';
}

static bool
is_one_of(const char *p, size_t len, const char *const *words, size_t n)
{
	size_t low_end = 0, middle;
	int r;

	while (low_end < n) {
		middle = low_end + (n - low_end) / 2;
		if ((r = strncmp(p, words[middle], len)) == 0)
			r = words[middle][len] ? -1 : 0;
		if (r == 0)
			return true;
		if (r < 0)
			n = middle;
		else
			low_end = middle + 1;
	}
	return false;
}

/* ---- guards -------------------------------------------------------------- */

/* Whether the key of a node is one of these; of a node without a key not. */
static bool
key_is_one_of(const struct gv_doc *doc, uint32_t node, const char *const *words,
    size_t n_words)
{
	const struct gv_doc_node *n = &doc->nodes[node];
	const char *p = doc->text + n->key_at;
	size_t len = n->key_len;

	if (len > 1 && (*p == '"' || *p == '\'')) {
		p++;
		len -= 2;
	}
	return len > 0 && is_one_of(p, len, words, n_words);
}

/* deletion_protection = true, and versioning { enabled = true } */
static bool
is_guard(const struct gv_doc *doc, uint32_t node)
{
	static const char *const switches[] = { "Enabled", "Status", "enabled",
		"status" };
	static const char *const switched[] = { "PointInTimeRecovery",
		"VersioningConfiguration", "backup_configuration",
		"point_in_time_recovery", "versioning",
		"versioning_configuration" };
	const uint32_t parent = doc->nodes[node].parent;

	if (doc->nodes[node].key_len < 6)
		return false;
	return key_is_one_of(doc, node, guards, COUNT(guards)) ||
	    (parent != GV_DOC_NONE &&
		key_is_one_of(doc, node, switches, COUNT(switches)) &&
		key_is_one_of(doc, parent, switched, COUNT(switched)));
}

static bool
is_number(const struct gv_buf *text)
{
	size_t i;

	for (i = 0; i < text->len; i++)
		if (text->p[i] < '0' || text->p[i] > '9')
			return false;
	return text->len > 0 && text->len < 10;
}

static void
path_of(struct gv_symbol_writer *w, uint32_t node)
{
	gv_buf_reset(&w->text);
	gv_doc_path(&w->text, w->doc, node);
	w->line = gv_symbol_line(w->doc, node);
	w->visits -= w->visits < w->text.len ? w->visits : w->text.len;
}

static void
add_guard(struct gv_symbol_writer *w, uint32_t node)
{
	struct gv_buf value = GV_BUF_INIT;
	const struct gv_doc_node *n = &w->doc->nodes[node];

	/* an expression of HCL that is a word or a number stands for itself */
	if (n->kind == GV_DOC_CODE)
		gv_buf_add(&value, w->doc->text + n->at, n->len);
	else if (!gv_symbol_scalar(&value, w->doc, node))
		goto out;
	if (!is_number(&value) &&
	    !is_one_of(value.p, value.len, guard_words, COUNT(guard_words)))
		goto out;
	path_of(w, node);
	gv_buf_add(&w->extra, value.p, value.len);
	gv_symbol_tell(w, GV_SYMBOL_VALUE_GUARD);
out:
	w->out->failed |= value.failed;
	gv_buf_release(&value);
}

/* ---- placeholders -------------------------------------------------------- */

/* A host of a name that is for examples, or of the machine itself, in a value:
 * which one. */
static const char *
host_in(const char *p, size_t len)
{
	static const struct {
		const char *word;
		bool is_address; /* counts only behind "://" or "@" */
	} hosts[] = {
		{ "example.com", false },
		{ "example.org", false },
		{ "example.net", false },
		{ "localhost", true },
		{ "127.0.0.1", true },
	};
	const char *found;
	size_t i, n;

	for (i = 0; i < COUNT(hosts); i++) {
		n = strlen(hosts[i].word);
		found = memmem(p, len, hosts[i].word, n);
		if (found == NULL ||
		    (found + n < p + len && is_word(found[n])) ||
		    (found > p && is_word(found[-1])))
			continue;
		if (!hosts[i].is_address ||
		    (found > p && (found[-1] == '/' || found[-1] == '@')))
			return hosts[i].word;
	}
	return NULL;
}

/* The whole value, in small letters, is one of the words: which one. */
static const char *
word_of(const char *p, size_t len)
{
	size_t i, k;

	for (i = 0; i < COUNT(placeholders); i++) {
		if (strlen(placeholders[i]) != len)
			continue;
		for (k = 0; k < len; k++)
			if (low(p[k]) != placeholders[i][k])
				break;
		if (k == len)
			return placeholders[i];
	}
	return NULL;
}

static void
add_placeholder(struct gv_symbol_writer *w, uint32_t node, bool has_hosts)
{
	const struct gv_doc_node *n = &w->doc->nodes[node];
	const char *p = w->doc->text + n->at, *word;
	size_t len = n->len;

	if (len < 3 || len > VALUE_MOST)
		return;
	if (*p == '"' || *p == '\'') {
		p++;
		len -= 2;
	}
	word = word_of(p, len);
	if (word == NULL && has_hosts)
		word = host_in(p, len);
	if (word == NULL)
		return;
	path_of(w, node);
	gv_buf_addstr(&w->extra, word);
	gv_symbol_tell(w, GV_SYMBOL_VALUE_PLACEHOLDER);
}

void
gv_symbol_guard(struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	const uint32_t last = doc->nodes[root].next;
	/* of this document alone: a file may have thousands */
	const char *text = doc->text + doc->nodes[root].at;
	const size_t len = doc->nodes[root].len;
	const bool has_hosts = memmem(text, len, "example.", 8) ||
	    memmem(text, len, "localhost", 9) ||
	    memmem(text, len, "127.0.0.1", 9);
	struct gv_symbol_writer w;
	uint32_t i;

	gv_symbol_writer_init(&w, out, doc);
	w.visits = PATHS_LEAST + doc->len * PATHS_PER_BYTE;
	for (i = root; i < last && w.visits > 0; i++) {
		const struct gv_doc_node *n = &doc->nodes[i];

		if (n->kind != GV_DOC_SCALAR && n->kind != GV_DOC_CODE)
			continue;
		if (is_guard(doc, i))
			add_guard(&w, i);
		else
			add_placeholder(&w, i, has_hosts);
	}
	gv_symbol_writer_release(&w);
}
