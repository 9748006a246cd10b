package io.ddict.manager.system;

import io.ddict.manager.system.SharedService.Encrypted;

/** The contract of channels, over TCP with TLS. */
@Encrypted class EncryptedChannelContractIT extends TcpChannelContractIT {}
