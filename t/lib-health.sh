# shellcheck shell=sh
# A vault whose health can be seen. Source this after test-lib.sh.

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# health_environments: of which prod lacks a key of staging, with targets and a
# schedule; committed, and the policy accepted
health_environments () {
	mkdir config && printf "db:\n  host: a\n" >config/base.yaml &&
	printf "db:\n  pool: 5\n  size: 2\n" >config/staging.yaml &&
	printf "db:\n  size: 2\n" >config/prod.yaml &&
	cat >.gitvault.yaml <<-\EOF &&
	environments:
	  staging: {paths: ["config/staging.yaml"]}
	  prod: {paths: ["config/prod.yaml"], rpo: 1h, rto: 4h}
	schedule:
	  nightly: {what: snapshot, every: 1d}
	EOF
	git add -A && git commit -qm environments && git vault -q policy accept --yes
}

# health_runs: a snapshot that is synced and verified, and a scheduled one
health_runs () {
	git init -q --bare ../away.git && git remote add origin ../away.git &&
	git vault -q snapshot >/dev/null && git vault -q sync 2>/dev/null && git vault -q verify && git vault -q schedule run nightly
}
