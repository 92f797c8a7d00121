// A step of a shared library of Jenkins for a deployment that failed: the commit
// of the last known-good record is deployed and checked, once for a failed
// commit. It acts by itself where the accepted .gitvault.yaml says
// `automatic: true` of the environment.
//
//	post {
//	  failure {
//	    gitVaultOnFailure environment: 'production', deploy: './deploy',
//	        credentialsId: 'repository', identityId: 'git-vault'
//	  }
//	}
//
// The library is that of gitVault.groovy, and so are credentialsId and
// identityId. The result is an artifact of the build. It gives back the exit
// status: 0 where the last known-good commit is deployed and its checks pass, 3
// where nothing was done.

def call(Map args) {
    if (!args.environment || !args.deploy) {
        error 'gitVaultOnFailure: needs environment: and deploy:'
    }
    def secrets = []
    if (args.credentialsId) {
        secrets << usernamePassword(credentialsId: args.credentialsId,
            usernameVariable: 'GIT_VAULT_CI_USER',
            passwordVariable: 'GIT_VAULT_CI_TOKEN')
    }
    if (args.identityId) {
        secrets << string(credentialsId: args.identityId,
            variable: 'GIT_VAULT_CI_IDENTITY')
    }
    def settings = [
        'GIT_VAULT_CI_STEP=on-failure',
        'GIT_VAULT_CI_RESULT=git-vault-on-failure.json',
        "GIT_VAULT_CI_ENV=${args.environment}",
        "GIT_VAULT_CI_DEPLOY=${args.deploy}",
        "GIT_VAULT_CI_WAIT=${args.wait ?: 0}",
        "GIT_VAULT_CI_STATES=${(args.states ?: []).join('\n')}",
        "GIT_VAULT_CI_KEYRING=${args.keyring ?: ''}",
        "GIT_VAULT_CI_POLICY=${args.policy ?: ''}",
    ]
    def script = libraryResource 'git-vault-ci.sh'
    def status = 128
    withCredentials(secrets) {
        withEnv(settings) {
            status = sh(script: script, returnStatus: true,
                label: 'git vault: back to known-good')
        }
    }
    archiveArtifacts artifacts: 'git-vault-on-failure.json',
        allowEmptyArchive: true
    return status
}
