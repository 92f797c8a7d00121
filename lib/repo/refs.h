#ifndef GV_REFS_H
#define GV_REFS_H
/*
 * The names of all refs that git-vault writes, in the order of
 * git-vault-format(5), which says what each one holds. No other header names a
 * ref. A name that ends in a slash is a prefix.
 *
 *	gv_buf_addf(&name, GV_REFS_STATES "%s/%s", env, stack);
 *	r = gv_ref_find(&oid, repo, GV_REF_KEYRING);
 */

#define GV_REFS_HEADS   "refs/heads/"   /* branches of the project */
#define GV_REFS_REPLACE "refs/replace/" /* git replace: + an object's name */
/* everything that is shared, except notes */
#define GV_REFS_VAULT      "refs/vault/"
#define GV_REFS_SNAPSHOTS  "refs/vault/snapshots/" /* + the id */
#define GV_REF_DELETED     "refs/vault/deleted"
#define GV_REFS_TRASH      "refs/vault-trash/" /* never leaves the clone */
#define GV_REF_MARKS       "refs/vault/marks"
#define GV_REF_IDKEY       "refs/vault/idkey"
#define GV_REF_KEYRING     "refs/vault/keyring"
#define GV_REFS_AUTO       "refs/vault/auto/"      /* + HOST/TREE */
#define GV_REFS_SECRETS    "refs/vault/secrets/"   /* + the scope */
#define GV_REFS_AUDIT      "refs/vault/audit/"     /* + the host */
#define GV_REF_SERVERS     "refs/vault/server"     /* hidden from pushes */
#define GV_REFS_SERVERS    "refs/vault/server/"    /* + the server's name */
#define GV_REFS_STATES     "refs/vault/state/"     /* + ENV/STACK */
#define GV_REFS_COMPONENTS "refs/vault/component/" /* + ENV/NAME/ID */
#define GV_REF_NOTES       "refs/notes/vault"
#define GV_REFS_GOOD       "refs/vault/good/"          /* + ENV/N */
#define GV_REFS_CONFIG     "refs/vault/config/"        /* + a version's name */
#define GV_REFS_LOCKS      "refs/vault/locks/"         /* + ENV/STACK */
#define GV_REFS_REPORTS    "refs/vault/reports/"       /* + KIND/ID */
#define GV_REFS_DRILLS     "refs/vault/reports/drill/" /* + the drill's id */
#define GV_REFS_RUNS       "refs/vault/reports/run/"   /* + the run's id */
#define GV_REFS_PROBES     "refs/vault/probe/"         /* + SECONDS-RANDOM */

/* The vault refs of a remote, as the last fetch saw them: the remote's name,
 * then the part of the ref's name after GV_REFS_VAULT. The name "." stands for
 * a bundle; no remote has that name. */
#define GV_REFS_REMOTES "refs/vault-remote/"
#define GV_REFS_BUNDLE  "refs/vault-remote/./"

/* The commit that says what a bundle contains; only bundles have it. */
#define GV_REF_BUNDLE_MANIFEST "refs/vault-bundle/manifest"

#endif
